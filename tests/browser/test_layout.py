"""Pages on narrow screens: they scroll down, never sideways, and nothing lies on the menu."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.states import STATES, World

# Streamlit scrolls inside its main part, not the document.
TOO_WIDE = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .map(element => element.scrollWidth - element.clientWidth).filter(pixels => pixels > 0)"""


@pytest.mark.parametrize("width", [820, 320])
@pytest.mark.parametrize("name", ["start", "train-running", "runs"])
def test_a_narrow_page_does_not_scroll_sideways(page: Page, server: str, tmp_path: Path, name: str, width: int) -> None:
    """320 pixels are what a window of 1280 has at 400 % zoom (WCAG 2.2, success criterion 1.4.10)."""
    page.set_viewport_size({"width": width, "height": 800})
    world = World(tmp_path / "home")
    world.train()
    next(state for state in STATES if state.name == name).open(page, server, world)
    world.close()
    assert page.evaluate(TOO_WIDE) == []


def test_at_400_percent_the_totals_do_not_stay_over_the_canvas(page: Page, server: str, tmp_path: Path) -> None:
    """They stay in view on a screen, where they are a strip; here they would be all of it."""
    page.set_viewport_size({"width": 320, "height": 256})
    world = World(tmp_path / "home")
    next(state for state in STATES if state.name == "design-selected").open(page, server, world)
    world.close()
    covered = page.evaluate(
        "() => { document.querySelector('[data-testid=stMain]').scrollTop = 2000;"
        " return document.elementFromPoint(160, 128).closest('.st-key-totals') !== null; }"
    )
    assert covered is False
