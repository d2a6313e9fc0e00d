"""The jobs that a person does on the canvas, in a real browser: by keys, by clicks, by dragging, by touch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser.server import APP, served
from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head, PoolBatchNorm, Repeat, Shortcut
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from tests.browser.canvas import Canvas
from tests.browser.conftest import TIMEOUT_MS, guarded

#: A Bi-Real stage as the guide builds it: float first, a shortcut around each binary convolution, float last.
BI_REAL = ("Float conv 1", "Shortcut 1", "Binary conv 1", "Shortcut 2", "Binary conv 2", "Global pool 1", "Head 1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """One server for all of these: every test has a draft of its own."""
    with served(APP, folder / "home", guarded(folder / "reached")) as found:
        yield found


def drafts_in(folder: Path) -> Drafts:
    """The server's drafts, as another process changes them."""
    return Drafts(Store(home=folder / "home").engine)


@pytest.fixture
def canvas(page: Page, address: str) -> Canvas:
    """An empty design."""
    page.goto(address)
    page.get_by_role("button", name="Start empty").click()
    expect(page.locator(".canvas .hint")).to_contain_text("Start with a convolution")
    return Canvas(page)


def test_bi_real_by_keys_alone(canvas: Canvas) -> None:
    page = canvas.page
    canvas.add_by_keys("float conv")  # the empty canvas has the focus already
    canvas.add_by_keys("shortcut")
    canvas.add_by_keys("binary conv")
    page.keyboard.press("Enter")  # its number, in the card
    page.keyboard.type("48")
    page.keyboard.press("Enter")
    expect(canvas.card("binary_conv_1")).to_contain_text("3 x 3, 48")
    canvas.press("ArrowLeft", "Control+d")
    canvas.expect_titles(*BI_REAL[:5])
    canvas.add_by_keys("global pool")
    canvas.add_by_keys("head")
    canvas.expect_titles(*BI_REAL)
    assert canvas.inside("shortcut_2") == ["binary_conv_2"]
    assert canvas.focused() == "head_1"
    expect(canvas.said()).to_have_text("Added Head 1, position 5 of 5")
    canvas.press("Shift+ArrowUp", "Delete")
    canvas.expect_titles(*BI_REAL[:5])
    canvas.press("Control+z")
    canvas.expect_titles(*BI_REAL)
    canvas.press("Control+Shift+z")
    canvas.expect_titles(*BI_REAL[:5])


def test_bi_real_by_clicks_alone(canvas: Canvas) -> None:
    page = canvas.page
    for kind in ("conv", "shortcut", "binary_conv"):
        canvas.kind(kind).click()
        canvas.settle()
    canvas.choose("shortcut_1", "Duplicate")
    canvas.expect_titles(*BI_REAL[:5])
    for kind in ("global_pool", "head"):
        canvas.kind(kind).click()
        canvas.settle()
    canvas.expect_titles(*BI_REAL)
    canvas.choose("binary_conv_2", "Move out")
    canvas.expect_titles(*BI_REAL)
    assert canvas.inside("shortcut_2") == []
    expect(canvas.card("shortcut_2")).to_contain_text("Put a block into it")
    canvas.choose("binary_conv_2", "Move in")
    assert canvas.inside("shortcut_2") == ["binary_conv_2"]
    expect(canvas.said()).to_have_text("Moved Binary conv 2, position 1 of 1, inside Shortcut 2")
    page.get_by_role("button", name="Fold all").click()
    canvas.expect_titles("Float conv 1", "Shortcut 1", "Shortcut 2", "Global pool 1", "Head 1")


def test_bi_real_by_dragging(canvas: Canvas) -> None:
    page = canvas.page
    canvas.drag(canvas.kind("conv"), page.locator(".canvas .scroller"))
    canvas.drag(canvas.kind("shortcut"), canvas.card("conv_1"), (0.5, 0.9))
    canvas.drag(canvas.kind("binary_conv"), canvas.card("shortcut_1"), drop=False)
    # 3 x 3 x 32 x 32 bits and a batch norm of 2 x 32 floats: 1,152 + 256 bytes; a product for each bit and pixel
    assert 3 * 3 * 32 * 32 // 8 + 2 * 32 * 4 == 1408
    expect(page.locator(".canvas .chip")).to_contain_text("Weights +1.38 KiB")
    expect(page.locator(".canvas .chip")).to_contain_text("MACs +9.44 M")
    page.mouse.up()
    canvas.settle()
    assert canvas.inside("shortcut_1") == ["binary_conv_1"]
    end = page.locator(".canvas li[data-id=shortcut_1] > .foot")
    canvas.drag(canvas.kind("shortcut"), end, (0.5, 0.95))
    canvas.drag(canvas.kind("binary_conv"), canvas.card("shortcut_2"))
    canvas.drag(canvas.kind("global_pool"), page.locator(".canvas li[data-id=shortcut_2] > .foot"), (0.5, 0.95))
    canvas.drag(canvas.kind("head"), canvas.card("global_pool_1"), (0.5, 0.9))
    canvas.expect_titles(*BI_REAL)
    assert canvas.inside("shortcut_2") == ["binary_conv_2"]

    canvas.drag(canvas.card("binary_conv_1").locator(".title"), canvas.card("conv_1"), (0.5, 0.1), drop=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(canvas.said()).to_have_text("Binary conv 1 stays where it was")
    assert canvas.inside("shortcut_1") == ["binary_conv_1"]


def test_a_block_goes_from_one_container_into_another(page: Page, address: str, folder: Path) -> None:
    first = Shortcut(body=(BinaryConv(filters=32), BinaryConv(filters=32)))
    design = Design(blocks=(Conv(filters=32), first, Repeat(body=(BinaryConv(filters=32),)), PoolBatchNorm(), Head()))
    canvas = opened(page, address, folder, design)
    canvas.drag(canvas.card("binary_conv_2").locator(".title"), canvas.card("repeat_1"))
    assert canvas.inside("shortcut_1") == ["binary_conv_1"]
    assert canvas.inside("repeat_1") == ["binary_conv_2", "binary_conv_3"]
    expect(canvas.said()).to_have_text("Moved Binary conv 2 above Binary conv 3, position 1 of 2, inside Repeat 1")
    # up past the repeat's start is out of it; once more leads into the shortcut, at its end
    canvas.press("Alt+ArrowUp", "Alt+ArrowUp")
    assert canvas.inside("shortcut_1") == ["binary_conv_1", "binary_conv_2"]
    assert canvas.focused() == "binary_conv_2"
    # a block does not go into itself: nothing to drop on, nothing changes
    canvas.drag(canvas.card("shortcut_1").locator(".title"), canvas.card("binary_conv_1"))
    assert canvas.inside("shortcut_1") == ["binary_conv_1", "binary_conv_2"]


def test_twelve_fast_edits_with_a_remount_in_between_all_arrive(canvas: Canvas) -> None:
    page = canvas.page
    canvas.kind("conv").click()
    canvas.settle()
    for number in range(12):
        canvas.kind("activation").click(no_wait_after=True)
        if number == 5:  # another page and back: the component is unmounted with edits on their way
            page.get_by_role("link", name="Train", exact=True).click()
            page.get_by_role("link", name="Design", exact=True).click()
            expect(canvas.card("conv_1")).to_be_visible()
    canvas.expect_titles("Float conv 1", *(f"Activation {number}" for number in range(1, 13)))
    page.reload()
    canvas.expect_titles("Float conv 1", *(f"Activation {number}" for number in range(1, 13)))


def test_a_refusal_and_a_selection_survive_a_remount(canvas: Canvas) -> None:
    page = canvas.page
    for kind in ("conv", "flatten"):
        canvas.kind(kind).click()
        canvas.settle()
    page.get_by_role("textbox", name="Name", exact=True).select_text()
    page.keyboard.press("Control+c")
    canvas.card("flatten_1").click()
    canvas.press("Control+v")
    refusal = page.locator(".canvas .refusal")
    expect(refusal).to_contain_text("clipboard")
    # and in one task a block is pressed and the page left, before anybody is told of it
    page.evaluate("""() => {
      const holder = [...document.querySelectorAll('*')].find((node) => node.shadowRoot?.querySelector('.canvas'));
      holder.shadowRoot.querySelector("li[data-id='conv_1'] > .card").click();
      [...document.querySelectorAll('a')].find((link) => link.textContent.trim() === 'Train').click();
    }""")
    expect(page.get_by_text("Recipe", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Design", exact=True).click()
    expect(refusal).to_contain_text("clipboard")
    expect(canvas.card("conv_1")).to_have_attribute("aria-current", "true")
    expect(page.locator(".st-key-settings").get_by_role("spinbutton", name="Filters", exact=True)).to_be_visible()


def test_undo_survives_a_reload(canvas: Canvas) -> None:
    page = canvas.page
    for kind in ("conv", "flatten"):
        canvas.kind(kind).click()
        canvas.settle()
    page.reload()
    canvas.expect_titles("Float conv 1", "Flatten 1")
    page.get_by_role("button", name="Undo").click()
    canvas.expect_titles("Float conv 1")
    page.get_by_role("button", name="Redo").click()
    canvas.expect_titles("Float conv 1", "Flatten 1")


def test_a_second_tab_sees_the_change_and_is_asked(canvas: Canvas, folder: Path) -> None:
    page, drafts = canvas.page, drafts_in(folder)
    canvas.kind("conv").click()
    canvas.settle()
    draft = parse_qs(urlsplit(page.url).query)["draft"][0]
    other = Canvas(page.context.new_page())
    other.page.goto(page.url)
    other.expect_titles("Float conv 1")
    canvas.kind("flatten").click()
    other.expect_titles("Float conv 1", "Flatten 1")  # seen without doing anything

    asked = page.get_by_text("Changed elsewhere")
    answers = {
        "Leave it": ["Float conv 1", "Flatten 1"],
        "Make my change, too": ["Float conv 1", "Flatten 1", "Dropout 1"],
    }
    names: list[str] = []

    def rename(_: int) -> None:
        names.append(f"theirs {len(names)}")
        drafts.rename(draft, names[-1], editor="another")

    for answer, titles in answers.items():
        canvas.card("flatten_1").click()
        page.wait_for_timeout(1500)  # the run of the page that shows the selection: it would see the change, too
        canvas.collide(rename)
        expect(page.get_by_role("textbox", name="Name")).to_have_value(names[-1])
        canvas.expect_titles("Float conv 1", "Flatten 1")
        page.get_by_role("button", name=answer).click()
        expect(asked).to_have_count(0)
        canvas.expect_titles(*titles)


def test_blocks_go_through_the_clipboard_into_another_design(canvas: Canvas, address: str) -> None:
    page = canvas.page
    for kind in ("conv", "shortcut", "binary_conv"):
        canvas.kind(kind).click()
        canvas.settle()
    canvas.card("shortcut_1").click()
    canvas.press("Control+c")
    expect(canvas.said()).to_have_text("Copied Shortcut 1")
    other = Canvas(page.context.new_page())
    other.page.goto(address)
    other.page.get_by_role("button", name="Start empty").click()
    other.kind("conv").click()
    other.settle()
    other.card("conv_1").click()
    other.press("Control+v")
    other.expect_titles("Float conv 1", "Shortcut 1", "Binary conv 1")
    assert other.inside("shortcut_1") == ["binary_conv_1"]
    other.press("Control+x")
    other.expect_titles("Float conv 1")


def test_what_is_pasted_and_is_no_block_says_so_and_changes_nothing(canvas: Canvas) -> None:
    page = canvas.page
    canvas.kind("conv").click()
    canvas.settle()
    page.get_by_role("textbox", name="Name").select_text()
    page.keyboard.press("Control+c")
    canvas.card("conv_1").click()
    canvas.press("Control+v")
    expect(page.locator(".canvas .refusal")).to_contain_text("JSON")
    canvas.expect_titles("Float conv 1")


def test_touch_drags_by_the_handle(browser: Browser, address: str, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    design = Design(blocks=(Conv(filters=32), BinaryConv(filters=32), PoolBatchNorm(), Head()))
    canvas = opened(page, address, folder, design)
    session = context.new_cdp_session(page)
    x, y = canvas.at(canvas.card("pool_bn_1").locator(".grip"))
    end_x, end_y = canvas.at(canvas.card("binary_conv_1"), (0.5, 0.1))
    touch = "Input.dispatchTouchEvent"
    session.send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 9):
        point = {"x": x + (end_x - x) * part / 8, "y": y + (end_y - y) * part / 8}
        session.send(touch, {"type": "touchMove", "touchPoints": [point]})
    expect(page.locator(".canvas .ghost")).to_be_visible()
    session.send(touch, {"type": "touchEnd", "touchPoints": []})
    canvas.expect_titles("Float conv 1", "Pool + batch norm 1", "Binary conv 1", "Head 1")
    context.close()


def test_a_pen_drags_by_the_handle(page: Page, address: str, folder: Path) -> None:
    design = Design(blocks=(Conv(filters=32), BinaryConv(filters=32), PoolBatchNorm(), Head()))
    canvas = opened(page, address, folder, design)
    seen = "window.seen = []; addEventListener('pointerdown', (event) => window.seen.push(event.pointerType), true)"
    page.evaluate(seen)
    session = page.context.new_cdp_session(page)
    x, y = canvas.at(canvas.card("pool_bn_1").locator(".grip"))
    end_x, end_y = canvas.at(canvas.card("binary_conv_1"), (0.5, 0.1))

    def pen(kind: str, x: float, y: float) -> None:
        pressed = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y} | pressed)

    pen("mousePressed", x, y)
    for part in range(1, 9):
        pen("mouseMoved", x + (end_x - x) * part / 8, y + (end_y - y) * part / 8)
    expect(page.locator(".canvas .ghost")).to_be_visible()
    pen("mouseReleased", end_x, end_y)
    canvas.expect_titles("Float conv 1", "Pool + batch norm 1", "Binary conv 1", "Head 1")
    assert page.evaluate("window.seen") == ["pen"]


def test_settings_of_several_blocks_are_changed_together(page: Page, address: str, folder: Path) -> None:
    design = Design(blocks=(Conv(filters=32), BinaryConv(filters=32), BinaryConv(filters=64), PoolBatchNorm(), Head()))
    canvas = opened(page, address, folder, design)
    canvas.card("binary_conv_1").click()
    canvas.card("binary_conv_2").click(modifiers=["Shift"])
    settings = page.locator(".st-key-settings")
    expect(settings).to_contain_text("2 blocks")
    expect(settings).to_contain_text("Now 32, 64")
    field = settings.get_by_role("spinbutton", name="Filters", exact=True)
    field.fill("48")
    field.press("Enter")
    expect(canvas.card("binary_conv_1")).to_contain_text("3 x 3, 48")
    expect(canvas.card("binary_conv_2")).to_contain_text("3 x 3, 48")


def test_a_total_says_how_it_changed_and_opens_its_formula(page: Page, address: str, folder: Path) -> None:
    design = Design(blocks=(Conv(filters=32), GlobalPool(), Head()))
    canvas = opened(page, address, folder, design)
    canvas.card("conv_1").dblclick()
    page.keyboard.type("64")
    page.keyboard.press("Enter")
    canvas.settle()
    parameters = page.locator("ul.totals button").first
    # 32 filters more: 27 weights each, and each is an input more of 10 classes
    assert 32 * (3 * 3 * 3 + 10) == 1184
    expect(parameters).to_contain_text("+1,184")
    parameters.click()
    page.get_by_role("group", name="About Parameters").get_by_role("button", name="Formula").click()
    expect(page.get_by_role("dialog")).to_contain_text("weights of 32 bits")


def opened(page: Page, address: str, folder: Path, design: Design) -> Canvas:
    """A design in a draft of its own, opened by its address."""
    page.goto(f"{address}/?draft={drafts_in(folder).create(design).id}")
    expect(page.locator(".canvas .title")).to_have_count(sum(1 for _ in walk(design.blocks)))
    return Canvas(page)
