"""What a tile of the totals opens, by key, pointer and touch; and that a budget does not push the canvas about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page, expect

from bnn_designer.bench.browser.server import APP, served
from tests.browser.canvas import Canvas
from tests.browser.conftest import TIMEOUT_MS, guarded


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("totals")
    with served(APP, folder / "home", guarded(folder / "reached")) as address:
        yield address


def opened(page: Page, address: str, name: str) -> Page:
    """A new draft: a preset, or an empty one."""
    page.goto(address)
    page.get_by_role("button", name=name).first.click()
    expect(tile(page, "Fits")).to_be_visible()
    return page


def tile(page: Page, label: str) -> Locator:
    return page.locator("ul.totals button.tile", has=page.locator(f".label:text-is('{label}')"))


def about(page: Page, label: str) -> Locator:
    return page.get_by_role("group", name=f"About {label}")


def budget(page: Page, **limits: str) -> None:
    page.get_by_role("button", name="Budget").click()
    for name, text in limits.items():
        field = page.get_by_role("textbox", name=name, exact=True)
        field.fill(text)
        field.press("Enter")
    page.keyboard.press("Escape")


def test_by_keys_it_opens_is_read_and_closes(page: Page, address: str) -> None:
    opened(page, address, "bi-real-cifar")
    tile(page, "RAM").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")  # focused by a key, as :focus-visible wants it
    expect(about(page, "OPs")).to_be_visible()
    expect(tile(page, "OPs")).to_have_attribute("aria-expanded", "true")
    expect(about(page, "OPs")).to_contain_text("Binary MACs / 64 + other MACs")
    expect(about(page, "OPs")).to_contain_text("since you opened it")
    page.keyboard.press("Escape")
    expect(about(page, "OPs")).to_be_hidden()
    expect(tile(page, "OPs")).to_have_attribute("aria-expanded", "false")
    expect(tile(page, "OPs")).to_be_focused()
    # a press opens it again; past its end the next tile's opens instead
    page.keyboard.press("Enter")
    expect(about(page, "OPs")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(about(page, "OPs")).to_be_hidden()
    expect(about(page, "RAM")).to_be_visible()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async () => (await axe.run()).violations.map(one => `${one.id}: ${one.impact}`)")
    assert not [one for one in found if one.endswith(("serious", "critical"))]


def test_by_the_pointer_it_opens_and_can_be_entered(page: Page, address: str) -> None:
    opened(page, address, "bi-real-cifar")
    tile(page, "Peak").hover()
    expect(about(page, "Peak")).to_be_visible()
    about(page, "Peak").get_by_text("No memory planner").first.hover()
    page.wait_for_timeout(500)  # longer than it waits after the pointer has left
    expect(about(page, "Peak")).to_be_visible()
    page.mouse.move(5, 5)
    expect(about(page, "Peak")).to_be_hidden()
    # a press keeps it, whatever the pointer does, until the next one elsewhere
    tile(page, "Peak").click()
    page.mouse.move(5, 5)
    page.wait_for_timeout(500)
    expect(about(page, "Peak")).to_be_visible()
    page.mouse.click(5, 5)
    expect(about(page, "Peak")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_by_touch_it_opens_within_the_window(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=True)
    context.set_default_timeout(TIMEOUT_MS)
    page = opened(context.new_page(), address, "bi-real-cifar")
    for label in ("Parameters", "Latency", "Fits"):
        tile(page, label).tap()
        expect(about(page, label)).to_be_visible()
        box = about(page, label).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900
        page.keyboard.press("Escape")  # it may lie over the next row of tiles
        expect(about(page, label)).to_be_hidden()
    context.close()


def test_what_is_not_known_can_be_opened_too(page: Page, address: str) -> None:
    opened(page, address, "Empty")
    expect(page.locator("p.said")).to_contain_text("add a block")
    expect(page.locator("ul.totals button:disabled")).to_have_count(0)
    expect(page.get_by_role("button", name="File, not known yet")).to_be_visible()
    tile(page, "File").click()
    expect(about(page, "File")).to_contain_text("Needs a complete network")
    expect(page.get_by_text("1 error")).to_have_count(0)


def test_a_network_that_becomes_whole_moves_nothing(page: Page, address: str) -> None:
    opened(page, address, "Empty")
    canvas = Canvas(page)
    for kind in ("conv", "global_pool"):
        canvas.kind(kind).click()
        canvas.settle()
    expect(page.locator("p.said")).to_contain_text("Finish the network")
    before = page.locator(".canvas").bounding_box()
    canvas.kind("head").click()
    canvas.settle()
    expect(page.locator("p.said")).to_have_text("")
    assert page.locator(".canvas").bounding_box() == before


@pytest.mark.parametrize("width", [1440, 820])
def test_a_budget_that_is_exceeded_moves_nothing_and_selects_what_is_to_blame(
    page: Page, address: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, address, "bi-real-cifar")
    canvas = page.locator(".canvas")
    budget(page, Flash="1 MiB")
    expect(tile(page, "File")).to_contain_text("of 1.00 MiB")
    before = canvas.bounding_box()
    budget(page, Flash="20 KiB", RAM="100 KiB", Latency="1 ms")
    expect(tile(page, "Latency")).to_contain_text("over")
    expect(page.locator("p.said")).to_contain_text("Latency: the largest shares")
    assert canvas.bounding_box() == before
    cut = "node => node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight + 1"
    assert not page.locator("p.said").evaluate(cut)
    expect(page.locator(".st-key-totals [role=status], .st-key-totals [aria-live]")).to_have_count(0)
    tile(page, "Latency").click()
    about(page, "Latency").get_by_role("button", name="Select what is to blame").click()
    expect(page.locator(".canvas .card.selected")).not_to_have_count(0)
