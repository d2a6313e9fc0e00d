"""The trained what-if in a real browser: tick, train, see it in a second browser, overlay the curves, export."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser.server import APP, served
from bnn_designer.design import Design
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store, store_url
from bnn_designer.training.recipe import Recipe
from tests.browser.conftest import TIMEOUT_MS, guarded
from tests.runs.processes import end_all

#: Three runs of an epoch of 100 images each: a matter of seconds, once TensorFlow is imported.
TRAINED_TIMEOUT_MS = 150_000
RECIPE = Recipe(epochs=1, subset=100, validation_subset=100, engine="float")


@pytest.fixture
def server(tmp_path: Path, synthetic_data: Path) -> Iterator[str]:
    """The app with made-up images, three workers at once and a store of its own."""
    environment = guarded(tmp_path / "reached") | {"BNN_DATA_DIR": str(synthetic_data), "BNN_MAX_PARALLEL_RUNS": "3"}
    with served(APP, tmp_path / "home", environment) as address:
        yield address
        end_all(store_of(tmp_path))


def store_of(folder: Path) -> Store:
    return Store(store_url(folder / "home"), folder / "home")


def test_ticked_variants_are_trained_and_seen_from_a_second_browser(
    page: Page, browser: Browser, server: str, tmp_path: Path, small_design: Design
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    drafts = Drafts(store_of(tmp_path).engine)
    draft = drafts.create(small_design).id
    drafts.set_recipe(draft, RECIPE.to_json())

    page.goto(f"{server}/compare?draft={draft}")
    for title in ("Shortcuts: none", "Whole network: full precision"):
        page.get_by_role("checkbox", name=f"Choose {title}").click()
    form = page.locator(".st-key-sweep_form")
    seeds = form.get_by_role("spinbutton", name="Seeds of each")
    seeds.fill("1")
    seeds.press("Enter")
    expect(form).to_contain_text("3 runs: 3 variants, 1 seed each. 3 would be queued.")
    form.get_by_role("button", name="Train these").click()

    table = page.locator(".st-key-sweep_table table")
    expect(table.get_by_text("1 of 1", exact=True)).to_have_count(3, timeout=TRAINED_TIMEOUT_MS)
    runs = store_of(tmp_path).runs()
    assert [run.status for run in runs] == ["done"] * 3
    accuracies = {
        f"{run.best_val_accuracy:.1%}".replace("%", " %") for run in runs if run.best_val_accuracy is not None
    }

    other = browser.new_context(viewport={"width": 1440, "height": 1000})
    other.set_default_timeout(TIMEOUT_MS)
    second = other.new_page()
    second.goto(page.url)
    table = second.locator(".st-key-sweep_table table")
    for accuracy in accuracies:
        expect(table.get_by_text(f"{accuracy} (n = 1)").first).to_be_visible()
    expect(table.get_by_text("cannot be told")).to_have_count(2)
    expect(second.get_by_text("train more seeds").first).to_be_visible()
    with second.expect_download() as download:
        second.get_by_role("button", name="Export as CSV").click()
    lines = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert {line["run"] for line in lines} == {run.id for run in runs}
    assert {float(line["best_val_accuracy"]) for line in lines} == {run.best_val_accuracy for run in runs}
    # the same as points of cost and accuracy
    second.get_by_text("Trade-offs", exact=True).click()
    points = second.locator(".st-key-trade_off_table")
    for run in runs:
        expect(points.get_by_role("rowheader", name=run.name, exact=True)).to_be_visible()
    second.get_by_text("What if", exact=True).click()

    second.get_by_role("link", name="Overlay their curves").click()
    expect(second.get_by_text("3 runs chosen")).to_be_visible()
    assert set(parse_qs(urlsplit(second.url).query)["compare"][0].split(",")) == {run.id for run in runs}
    with second.expect_download() as download:
        second.get_by_role("button", name="Export as JSON").click()
    exported = json.loads(download.value.path().read_text())
    assert len(exported["runs"] if isinstance(exported, dict) else exported) == 3
    other.close()
    assert errors == []
