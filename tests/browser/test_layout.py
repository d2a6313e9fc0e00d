"""Pages on narrow screens: they scroll down, never sideways, and nothing lies on the menu."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from bnn_designer.bench.browser.server import APP, served
from tests.browser.conftest import guarded
from tests.browser.states import STATES, World

# Streamlit scrolls inside its main part, not the document.
TOO_WIDE = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .map(element => element.scrollWidth - element.clientWidth).filter(pixels => pixels > 0)"""

WIDTHS = (820, 320)
#: Those without runs come first: :meth:`World.train` cannot be taken back.
PAGES = (
    "start",
    "design-empty",
    "design-preset",
    "compare",
    "compare-nothing-side-by-side",
    "compare-six",
    "compare-trade-offs",
    "train-running",
    "runs",
    "compare-sweep",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    """One server for all pages, and its store."""
    folder = tmp_path_factory.mktemp("layout")
    with served(APP, folder / "home", guarded(folder / "reached")) as server:
        world = World(folder / "home")
        yield server, world
        world.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_narrow_page_does_not_scroll_sideways(page: Page, world: tuple[str, World], name: str, width: int) -> None:
    """320 pixels are what a window of 1280 has at 400 % zoom (WCAG 2.2, success criterion 1.4.10)."""
    page.set_viewport_size({"width": width, "height": 800})
    server, store = world
    state = next(state for state in STATES if state.name == name)
    if state.trained and not store.runs:
        store.train()
    state.open(page, server, store)
    assert page.evaluate(TOO_WIDE) == []


def test_at_400_percent_the_totals_do_not_stay_over_the_canvas(page: Page, world: tuple[str, World]) -> None:
    """They stay in view on a screen, where they are a strip; here they would be all of it."""
    page.set_viewport_size({"width": 320, "height": 256})
    next(state for state in STATES if state.name == "design-selected").open(page, *world)
    covered = page.evaluate(
        "() => { document.querySelector('[data-testid=stMain]').scrollTop = 2000;"
        " return document.elementFromPoint(160, 128).closest('.st-key-totals') !== null; }"
    )
    assert covered is False
