"""The Compare page in a real browser: its table by mouse and keyboard, its columns, its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store

# The horizontal middle of every cell of a column, and whether a cell sticks out of its table.
COLUMN = """(table, key) => {
    const place = [...table.querySelectorAll('thead th')].findIndex(cell => cell.dataset.key === key);
    return [...table.querySelectorAll('tr')].map(row => {
        let column = 0;
        for (const cell of row.children) {
            if (column === place && cell.colSpan === 1) {
                const box = cell.getBoundingClientRect();
                return Math.round((box.left + box.right) / 2);
            }
            column += cell.colSpan;
        }
        return null;
    }).filter(middle => middle !== null);
}"""


@pytest.fixture
def draft(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A draft of bi-real-cifar in the server's store."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    return Drafts(Store().engine).create(preset("bi-real-cifar")).id


def titles(table: Locator) -> list[str]:
    return [text.split("\n")[0] for text in table.locator("tbody th").all_inner_texts()]


def heading(table: Locator, name: str) -> Locator:
    return table.get_by_role("columnheader", name=name)


def test_variants_are_sorted_and_chosen_by_keyboard_and_set_side_by_side(page: Page, server: str, draft: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}/compare?draft={draft}")
    table = page.locator(".st-key-what_if_table table")
    expect(table).to_be_visible()
    as_they_came = titles(table)

    latency = heading(table, "Latency").get_by_role("button")
    latency.focus()
    page.keyboard.press("Enter")
    expect(heading(table, "Latency")).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Enter")
    expect(heading(table, "Latency")).to_have_attribute("aria-sort", "descending")
    # the design stays on top; a network of floats is the slowest, and one whose time is not known comes last
    assert titles(table)[:2] == [as_they_came[0], "Whole network: full precision"]
    assert titles(table)[-1] == "First and last layer: 8 bits"
    expect(page).to_have_url(re.compile("sort=-latency_pixel_1_ms"))

    boxes = table.get_by_role("checkbox")
    assert boxes.count() == len(as_they_came) - 1
    # fast clicks: each arrives
    for index in range(boxes.count()):
        if index < 5:
            boxes.nth(index).focus()
            page.keyboard.press("Space")
    expect(page.get_by_text("5 of at most 5 ticked")).to_be_visible()
    expect(boxes.nth(5)).to_be_disabled()
    page.reload()
    expect(table.get_by_role("checkbox", checked=True)).to_have_count(5)
    expect(heading(table, "Latency")).to_have_attribute("aria-sort", "descending")

    page.get_by_role("button", name="Set side by side").click()
    costs = page.locator(".st-key-side_costs table")
    expect(costs.locator("thead th")).to_have_count(1 + 6)
    expect(page.locator(".st-key-side_runs table").get_by_text("no run yet").first).to_be_visible()
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(costs.locator("thead th")).to_have_count(1 + 6)
    # the menu clears the address: the tab remembers
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_text("No runs yet")).to_be_visible()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(costs.locator("thead th")).to_have_count(1 + 6)
    expect(page).to_have_url(re.compile("part=side-by-side"))
    assert errors == []


@pytest.mark.parametrize("width", [1440, 820])
def test_every_figure_stays_in_its_column(page: Page, server: str, draft: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1100})
    page.goto(f"{server}/compare?draft={draft}")
    table = page.locator(".st-key-what_if_table table")
    expect(table.get_by_text("unknown", exact=True).first).to_be_visible()
    for key in ("variant", "weights", "file_bytes", "training_memory_bytes"):
        middles = table.evaluate(COLUMN, key)
        assert len(middles) > 5
        assert len(set(middles)) == 1, key
    # what does not fit is scrolled inside the table, never the page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chart_names_the_front_and_a_choice_of_axes_is_a_link(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?part=trade-offs")
    chart = page.locator(".st-key-trade_off_chart")
    expect(chart.get_by_text("Published network", exact=True)).to_be_visible()
    expect(chart.locator(".annotation-text").filter(has_text="quicknet-large")).to_have_count(1)
    front = page.get_by_test_id("stMarkdown").filter(has_text="On the Pareto front:")
    expect(front).to_contain_text("reactnet-a")
    page.get_by_role("combobox", name="Horizontal", exact=True).click()
    page.get_by_role("option", name="OPs", exact=True).click()
    expect(page).to_have_url(re.compile("x=ops"))
    expect(chart.get_by_text("OPs, million (less is better)")).to_be_visible()
    table = page.locator(".st-key-trade_off_table")
    expect(heading(table, "OPs")).to_be_visible()
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="quicknet-small"))
    expect(row).to_contain_text(re.compile(r"59.4 %\s*published"))
