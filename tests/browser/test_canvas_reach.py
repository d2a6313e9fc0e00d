"""Whom the canvas reaches: keys from an empty page on, touch for several blocks, links to a block in a long net."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head, Shortcut
from tests.browser.canvas import Canvas
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.test_canvas import address, canvas, drafts_in, folder  # noqa: F401 - fixtures


def stored(page: Page, address: str, folder: Path, design: Design, block: str = "") -> Canvas:  # noqa: F811
    """A design in a draft of its own, opened by its link."""
    draft = drafts_in(folder).create(design)
    page.goto(f"{address}/?draft={draft.id}{f'&block={block}' if block else ''}")
    expect(page.locator(".canvas .card").first).to_be_visible()
    return Canvas(page)


def test_an_empty_canvas_takes_keys_and_what_is_pasted(canvas: Canvas) -> None:  # noqa: F811
    page = canvas.page
    page.locator(".canvas .scroller").click()
    canvas.add_by_keys("float conv")
    canvas.expect_titles("Float conv 1")
    canvas.press("Control+x")
    canvas.expect_titles()
    canvas.press("Control+z")  # the focus stayed here although nothing is left to have it
    canvas.expect_titles("Float conv 1")
    canvas.press("Delete", "Control+v")
    canvas.expect_titles("Float conv 1")


def test_the_canvas_is_reached_and_left_by_tab(canvas: Canvas) -> None:  # noqa: F811
    page = canvas.page
    canvas.kind("conv").click()
    canvas.settle()
    page.get_by_role("button", name="Train this design").or_(page.get_by_role("link", name="Train this design")).focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if canvas.focused() == "conv_1":
            break
    assert canvas.focused() == "conv_1"
    # out of an open menu by Tab: it closes, and the keys are the canvas's again
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Add a block")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".canvas .popup")).to_have_count(0)


def test_what_is_done_is_seen_before_any_answer(page: Page, address: str, folder: Path) -> None:  # noqa: F811
    """Within the task of the key press itself, so within its frame: no time is taken, nothing is waited for."""
    design = Design(blocks=(Conv(filters=32), Shortcut(body=(BinaryConv(filters=32),)), GlobalPool(), Head()))
    net = stored(page, address, folder, design)
    net.card("shortcut_1").click()
    net.settle()
    seen = page.evaluate(
        """() => {
          const holder = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector('.canvas'));
          const root = holder.shadowRoot;
          const titles = () => [...root.querySelectorAll('.title')].map((title) => title.textContent);
          const key = (name, more = {}) => root.activeElement.dispatchEvent(
            new KeyboardEvent('keydown', { key: name, bubbles: true, composed: true, ...more }));
          const found = [titles().length];
          key('ArrowDown');
          found.push(root.querySelector('.selected .title').textContent);
          key('Delete');
          found.push(titles());
          root.querySelector('.kind[data-kind=dropout]').click();
          found.push(titles().length);
          return found;
        }"""
    )
    assert seen == [5, "Binary conv 1", ["Float conv 1", "Shortcut 1", "Global pool 1", "Head 1"], 5]
    net.settle()
    assert len(net.titles()) == 5


def test_a_link_to_a_block_shows_it(page: Page, address: str, folder: Path) -> None:  # noqa: F811
    shortcuts = tuple(Shortcut(body=(BinaryConv(filters=32),)) for _ in range(70))
    design = Design(blocks=(Conv(filters=32), *shortcuts, GlobalPool(), Head()))
    net = stored(page, address, folder, design, block="binary_conv_60")
    expect(net.card("binary_conv_60")).to_be_in_viewport()
    expect(net.card("binary_conv_60")).to_have_attribute("aria-current", "true")


def test_touch_selects_several_and_adds_below_the_selected_card(browser: Browser, address: str, folder: Path) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True)
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    design = Design(blocks=(Conv(filters=32), BinaryConv(filters=32), BinaryConv(filters=32), GlobalPool(), Head()))
    net = stored(page, address, folder, design)
    page.get_by_role("button", name="Select several").tap()
    net.card("binary_conv_1").tap()
    net.card("binary_conv_2").tap()
    expect(page.locator(".canvas .status")).to_have_text("2 selected")
    page.get_by_role("button", name="Reorder…").tap()
    page.get_by_role("menuitem", name="Wrap in shortcut").tap()
    net.settle()
    assert net.inside("shortcut_1") == ["binary_conv_1", "binary_conv_2"]
    page.get_by_role("button", name="Select several").tap()
    net.card("global_pool_1").tap()
    page.locator(".canvas .insert").tap()
    page.get_by_role("option", name="Dropout").tap()
    net.settle()
    net.expect_titles(
        "Float conv 1", "Shortcut 1", "Binary conv 1", "Binary conv 2", "Global pool 1", "Dropout 1", "Head 1"
    )
    context.close()
