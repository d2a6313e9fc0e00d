"""The picture of a network as files."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import Material, export_to, proof_of, target_named
from bnn_designer.picture import png

MATERIAL = Material.of_model(preset("bi-real-cifar"), None, "")


def test_a_picture_needs_no_weights_and_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    exported = export_to(target_named("picture"), MATERIAL)
    assert list(exported.written.files) == ["network.svg", "network.png"]
    assert ElementTree.fromstring(exported.written.files["network.svg"]).get("font-family") == "system-ui, sans-serif"
    assert exported.written.files["network.png"].startswith(b"\x89PNG")
    with pytest.raises(BnnDesignerError, match="picture: nothing of this target is run"):
        proof_of(exported, MATERIAL, None)  # type: ignore[arg-type]
    monkeypatch.setattr(png, "LARGEST", 1000)
    written = export_to(target_named("picture"), MATERIAL).written
    assert list(written.files) == ["network.svg"]
    assert written.notes == ("network.png is not among them: it would be too large. The SVG has any size.",)
