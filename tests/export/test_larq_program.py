"""What Larq gets: the same without Larq, and beside Larq itself where BNN_LARQ_PYTHON names a Python that has it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import Material, export_to, proof_of, target_named
from bnn_designer.export.larq.target import VARIABLE
from bnn_designer.graph import lower
from tests.inference.models import random_images, random_model
from tests.larq.test_designs import LARQ_TOO

TARGET, GRAPH = target_named("larq"), lower(LARQ_TOO)
FILES = ["README.md", "make_h5.py", "network.npz", "network.py"]


@pytest.fixture(scope="module")
def material() -> Material:
    return Material.of_model(LARQ_TOO, random_model(GRAPH), "")


def test_without_larq_there_is_what_makes_the_file(
    material: Material, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    exported = export_to(TARGET, material)
    assert sorted(exported.written.files) == FILES
    (note,) = exported.written.notes
    assert note.startswith("network.h5 is not among them, as BNN_LARQ_PYTHON is not set: run python3.11 -m venv larq")
    assert "| binary_dense_1 | bits |" in exported.written.files["README.md"].decode()
    (tmp_path / "network.npz").write_bytes(exported.written.files["network.npz"])
    with np.load(tmp_path / "network.npz") as arrays:  # a depthwise kernel as Keras 2 calls it
        assert "binary_depthwise_conv_1/depthwise_kernel" in arrays
    with pytest.raises(BnnDesignerError, match="BNN_LARQ_PYTHON is not set"):
        proof_of(exported, material, random_images(GRAPH, 1))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no-python"))
    with pytest.raises(BnnDesignerError, match=r"no-python: it cannot be run \(No such file or directory\)"):
        export_to(TARGET, material)


def test_what_larq_has_not_is_refused_with_the_block() -> None:
    design = Design(name="net", input_shape=(9, 9, 4), classes=2, blocks=(b.BlurPool(), b.GlobalPool(), b.Head()))
    material = Material.of_model(design, random_model(lower(design)), "")
    with pytest.raises(BnnDesignerError, match="blur_pool_1: Larq does not have a blur with a fixed kernel"):
        export_to(TARGET, material)


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} names no Python that has Larq")
def test_larq_loads_its_file_and_counts_and_computes_the_same(material: Material) -> None:
    exported = export_to(TARGET, material)
    assert sorted(exported.written.files) == sorted([*FILES, "network.h5"])
    assert not exported.written.notes
    proof = proof_of(exported, material, random_images(GRAPH, 300))
    assert (proof.run_by, proof.same_class) == ("Larq 0.14.0", 300)
    assert proof.largest_difference < 1e-5 * proof.largest_score
