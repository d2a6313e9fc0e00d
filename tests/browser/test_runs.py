"""The list of runs in a real browser: what a style sheet hides, no other test sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bnn_designer.design.presets import preset
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

# Whether the middle of an element is not cut off or covered.
ON_TOP = """e => { const box = e.getBoundingClientRect();
    return document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2) === e; }"""


@pytest.mark.parametrize("width", [1440, 1024, 420])
def test_a_long_name_does_not_hide_the_id(
    server: str, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    store = Store()
    name = "a network with a long name that says all that was tried: width 1.5, no shortcuts, "
    run = store.create_run(preset("binarynet").model_copy(update={"name": name * 2}), Recipe(epochs=1))
    store.finish(run, "done")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server}/runs")
    shown = page.locator(".st-key-runs").get_by_text(run, exact=True).locator("visible=true").first
    expect(shown).to_be_visible()
    assert shown.evaluate(ON_TOP)
