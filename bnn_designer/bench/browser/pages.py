"""Where things are on the pages, for everything that drives them: what has to be mended here when a page changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

#: Addresses of the pages.
DESIGN, COMPARE, TRAIN, RUNS, LEARN, INSIDE = "", "compare", "train", "runs", "learn", "inside"
CLASSROOM, EXPORT = "classroom", "export"


@dataclass(frozen=True)
class Figure:
    """A figure on a page: the element of this kind with this text in it, in a shadow root too."""

    selector: str
    label: str


#: What changes when a convolution's filters do, in the totals of the design.
PARAMETERS = Figure(".totals button", "Parameters")
#: The field of the selected block by which it is changed.
FILTERS = "Filters"
#: The cookie by which a class knows its member, as `ui/shared/membership.py` has it.
MEMBER_COOKIE = "bnn_designer_member"
#: Of the bare page.
PRESSES = Figure("[data-testid=stMetric]", "Presses")

# A script is also "not running" before its first run: a page has to be waited for by what it shows.
_AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


def address(server: str, page: str = DESIGN, **parameters: str) -> str:
    """The address of a page with parameters such as ``draft`` and ``block``."""
    return f"{server}/{page}{'?' + urlencode(parameters) if parameters else ''}"


def at_rest(page: Page) -> None:
    """Waits until the server has answered all it was asked."""
    page.wait_for_selector(_AT_REST)


def usable(page: Page, mark: Locator) -> None:
    """Waits until the page shows its mark and the server has answered all."""
    mark.first.wait_for()
    at_rest(page)


#: What says that a page is there, by its address; the Design page without a draft, and with one.
MARKS: dict[str, Callable[[Page], Locator]] = {
    "start": lambda page: page.get_by_role("button", name="Start empty", exact=True),
    DESIGN: lambda page: page.locator(PARAMETERS.selector).filter(has_text=PARAMETERS.label),
    COMPARE: lambda page: page.get_by_test_id("stButtonGroup").get_by_text("Side by side", exact=True),
    TRAIN: lambda page: page.get_by_role("heading", name="Train a design", exact=True),
    RUNS: lambda page: page.get_by_role("heading", name="Runs", exact=True),
    LEARN: lambda page: page.get_by_role("button", name="All lessons").or_(page.locator(".lessons")),
    INSIDE: lambda page: page.get_by_role("heading", name="Look inside", exact=True),
    EXPORT: lambda page: page.get_by_role("heading", name="Export", exact=True),
    CLASSROOM: lambda page: page.get_by_role("button", name="This class"),
}


def open_page(page: Page, server: str, name: str = DESIGN, **parameters: str) -> None:
    """Opens a page of the app by its address, and waits until it is usable."""
    page.goto(address(server, name, **parameters))
    usable(page, MARKS["start" if name == DESIGN and "draft" not in parameters else name](page))


# Charts and tables come after the script has run: their code is loaded when the first of them is shown.
_DRAWN = """() => !document.querySelector('[data-testid=stSkeleton]')
    && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(chart => chart.querySelector('.main-svg'))
    && [...document.querySelectorAll('[data-testid=stDataFrame]')].every(table => table.querySelector('canvas'))"""


def drawn(page: Page) -> None:
    """Waits until charts and tables are there too."""
    at_rest(page)
    page.wait_for_function(_DRAWN)


def press_text(page: Page, text: str) -> None:
    """Presses what has this text, such as one of the views of a page."""
    page.get_by_text(text, exact=True).first.click()
    at_rest(page)


def press_link(page: Page, name: str) -> None:
    """Goes to another page by the menu on top."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name.title()).first.click()


def type_filters(page: Page, filters: int) -> None:
    """Types the number of filters of the selected block; :func:`commit_filters` sends it."""
    page.get_by_role("spinbutton", name=FILTERS, exact=True).fill(str(filters))


def commit_filters(page: Page) -> None:
    page.get_by_role("spinbutton", name=FILTERS, exact=True).press("Enter")


# ---- the bare page, which stands in ``peer_scripts/bare_pages.py``


def bare_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Press", exact=True)


def press_bare(page: Page) -> None:
    bare_button(page).click()


def go_to_second_bare(page: Page) -> None:
    press_link(page, "second")
    usable(page, page.get_by_text("The second page", exact=True))
