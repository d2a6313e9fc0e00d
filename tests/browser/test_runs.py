"""The list of runs in a real browser: what a style sheet hides, no other test sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser import pages
from bnn_designer.design.presets import preset
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
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


def test_two_runs_are_overlaid_seen_on_a_second_device_exported_deleted_and_brought_back(
    server: str, page: Page, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    store = Store()
    runs = [
        store.create_run(preset("binarynet"), Recipe(epochs=2, seed=seed), owner=Owner.of_process()) for seed in (0, 1)
    ]
    for run in runs:
        for epoch in (1, 2):
            end = EpochEnd(epoch=epoch, loss=2.0, accuracy=0.2, val_loss=2.1, val_accuracy=epoch / 10, seconds=1.0)
            store.add_event(run, end)
        store.finish(run, "done")
    pages.open_page(page, server, pages.RUNS, measure="val_loss")
    page.get_by_role("button", name="Choose all 2").click()
    expect(page.get_by_test_id("stPlotlyChart").locator(".legendtext")).to_have_count(2)
    pages.drawn(page)

    second = browser.new_context().new_page()
    second.goto(page.url)
    expect(second.get_by_test_id("stPlotlyChart").locator(".legendtext")).to_have_count(2)
    expect(second.get_by_test_id("stPlotlyChart").get_by_text("Validation loss")).to_be_visible()
    with second.expect_download() as downloading:
        second.get_by_role("button", name="Export as CSV").click()
    lines = Path(downloading.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 2 * 2
    assert {line.split(",")[0] for line in lines[1:]} == set(runs)
    second.context.close()

    page.get_by_role("button", name="Delete 2 chosen").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("2 runs are deleted.")).to_be_visible()
    assert store.runs() == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 of 2 runs.")).to_be_visible()
    assert {run.id for run in store.runs()} == set(runs)
