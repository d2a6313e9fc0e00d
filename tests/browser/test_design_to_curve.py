"""The main job in a real browser: assemble a network, see its cost, train it, see the curve, reload."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from bnn_designer.bench.browser import pages
from bnn_designer.measuring.worker import CHECK_IMAGES
from tests.browser.canvas import Canvas

# One epoch of so few images is a matter of seconds, once the worker is up; a first run also builds the op.
TRAIN_IMAGES = 200
WORKER_TIMEOUT_MS = 150_000
# Packing is a matter of seconds too; on a machine without the kernels they are built first.
PACK_TIMEOUT_MS = 150_000
BLOCKS = ("Float conv 1", "Shortcut 1", "Binary conv 1", "Pool + batch norm 1", "Global pool 1", "Head 1")


def _settle(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    _settle(page)


def _open_empty(page: Page, server: str) -> Canvas:
    page.goto(server)
    _press(page, "Start empty")
    return Canvas(page)


def _add(canvas: Canvas, *kinds: str) -> None:
    """Presses kinds of blocks on the left; each goes behind what is selected, or into it."""
    for kind in kinds:
        canvas.kind(kind).click()
        canvas.settle()


def _total(page: Page, label: str) -> Locator:
    """One of the totals of the Design page."""
    return page.locator("ul.totals button").filter(has_text=label)


def _set_number(page: Page, label: str, value: int) -> None:
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def _parameter(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query)[name][0]


def _pack(page: Page, run: str, totals: Locator) -> None:
    """Packs a run, sees its figures, downloads the file, and sees the figures again after a reload."""
    page.locator(f".st-key-packed_{run} button").first.click()
    expect(page.get_by_text("not packed yet")).to_be_visible()
    page.get_by_role("button", name="Pack and measure").click()
    expect(page.get_by_role("button", name="Measure again").first).to_be_visible(timeout=PACK_TIMEOUT_MS)
    _settle(page)
    for label, unit in (("File", "KiB"), ("One thread", "s"), ("Arena", "KiB"), ("Peak memory", "iB")):
        expect(totals.filter(has_text=label)).to_contain_text(unit)
    expect(page.get_by_text(f"{CHECK_IMAGES} of {CHECK_IMAGES} test images get the same class")).to_be_visible()
    # the float convolution, the binary one with its shortcut, the pool, the global pool, the dense layer, the softmax
    bars = page.locator(".st-key-layer_times .barlayer .point")
    assert bars.count() >= 4
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .bnn").first.click()
    assert download.value.suggested_filename == f"untitled-{run}.bnn"
    assert download.value.path().read_bytes().startswith(b"BNNPACK\0")
    page.reload()
    expect(page.get_by_role("button", name="Measure again").first).to_be_visible()
    expect(bars.first).to_be_visible()


@pytest.mark.usefixtures("images")
def test_from_an_empty_design_to_a_curve(page: Page, server: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    canvas = _open_empty(page, server)

    _add(canvas, "conv", "shortcut", "binary_conv")
    canvas.card("shortcut_1").click()
    _add(canvas, "pool_bn", "global_pool", "head")
    canvas.expect_titles(*BLOCKS)
    assert canvas.inside("shortcut_1") == ["binary_conv_1"]

    # 32 filters on 3 channels, 32 on 32, three batch norms of 32 channels, 10 classes: 10,602
    assert 3 * 3 * 3 * 32 + 3 * 3 * 32 * 32 + 3 * 2 * 32 + 32 * 10 + 10 == 10_602
    expect(_total(page, "Parameters")).to_contain_text("10.6 K")
    expect(_total(page, "Peak")).to_contain_text("KiB")
    pages.press_text(page, "Picture")
    picture = page.get_by_role("img", name="Picture of untitled: 6 blocks")
    expect(picture.locator("circle")).to_have_count(1)
    pages.press_text(page, "Memory over time")
    expect(page.locator(".st-key-memory_chart .annotation-text")).to_contain_text("peak 272 KiB")
    draft = _parameter(page, "draft")

    page.reload()
    canvas.expect_titles(*BLOCKS)
    expect(_total(page, "Parameters")).to_contain_text("10.6 K")
    page.get_by_role("link", name="Train this design").click()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    page.get_by_text("All other values", exact=True).click()
    # as fast as one can: each is saved, whatever Streamlit is doing
    wanted = {"Epochs": 1, "Subset": TRAIN_IMAGES, "Validation subset": TRAIN_IMAGES}
    for label, value in wanted.items():
        _set_number(page, label, value)
    _settle(page)
    for label, value in wanted.items():
        expect(page.get_by_role("spinbutton", name=label, exact=True)).to_have_value(str(value))
    _press(page, "Start training")

    totals = page.get_by_test_id("stMetric")
    expect(page.get_by_text("steps per epoch")).to_be_visible(timeout=WORKER_TIMEOUT_MS)
    expect(page.get_by_text("Accuracy per epoch")).to_be_visible(timeout=WORKER_TIMEOUT_MS)
    expect(totals.filter(has_text="Epochs done")).to_contain_text("1 of 1")
    curve = page.locator(".st-key-epoch_accuracy .scatterlayer .trace")
    expect(curve).to_have_count(2)
    expect(page.locator(".st-key-epoch_accuracy .scatterlayer .point")).to_have_count(2)
    expect(page.get_by_test_id("stMarkdownContainer").get_by_text("done", exact=True)).to_be_visible(timeout=30_000)
    run = _parameter(page, "run")

    page.reload()
    expect(curve).to_have_count(2)
    assert (_parameter(page, "draft"), _parameter(page, "run")) == (draft, run)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("link", name=f"untitled {run}")).to_be_visible()
    _pack(page, run, totals)
    page.get_by_role("link", name="Design", exact=False).first.click()
    expect(_total(page, "Parameters")).to_contain_text("10.6 K")
    assert _parameter(page, "draft") == draft
    assert errors == []


def test_a_link_to_a_page_works_on_a_server_that_was_just_started(page: Page, server: str) -> None:
    page.goto(f"{server}/runs")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(6)
    page.get_by_role("link", name="Train a design").click()
    expect(page.get_by_role("heading", name="Train a design", exact=True)).to_be_visible()
    assert urlsplit(page.url).path == "/train"


def test_keys_undo_a_step_and_leave_what_is_being_typed_alone(page: Page, server: str) -> None:
    canvas = _open_empty(page, server)
    _add(canvas, "conv", "flatten")
    canvas.card("conv_1").click()
    canvas.press("Control+z")
    canvas.expect_titles("Float conv 1")
    canvas.press("Control+Shift+z")
    canvas.expect_titles("Float conv 1", "Flatten 1")
    name = page.get_by_role("textbox", name="Name", exact=True)
    name.press_sequentially("xyz")
    name.press("Control+z")  # the letters, not the block
    name.press("Delete")
    name.press("Enter")
    _settle(page)
    canvas.expect_titles("Float conv 1", "Flatten 1")
    field = page.locator(".st-key-settings").get_by_role("spinbutton", name="Filters", exact=True)
    field.press("Control+a")
    field.press("Backspace")
    field.press("Escape")
    canvas.expect_titles("Float conv 1", "Flatten 1")


def test_figures_open_and_advice_is_taken_and_undone(page: Page, server: str) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if server not in request.url else None)
    page.goto(server)
    page.get_by_role("list", name="Networks: CIFAR-10 size").get_by_role("button").first.click()  # binarynet
    _total(page, "Parameters").click()
    page.get_by_role("button", name="Formula", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("10,352,000 + 7,700")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    pages.press_text(page, "Advice")
    expect(page.get_by_text("7 warnings")).to_be_visible()
    page.get_by_role("button", name="Keep the first layer in full precision").first.click()
    expect(page.get_by_text("6 warnings")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("7 warnings")).to_be_visible()
    pages.press_text(page, "Memory over time")
    expect(page.locator(".st-key-memory_chart .annotation-text")).to_contain_text("peak 574 KiB")
    expect(page.locator(".st-key-arena_chart .annotation-text")).to_contain_text("arena 574 KiB")
    page.reload()
    expect(page.locator(".st-key-arena_chart .annotation-text")).to_contain_text("arena 574 KiB")
    assert [url for url in outside if not url.startswith(("data:", "blob:", "ws:"))] == []
