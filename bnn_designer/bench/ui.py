"""The pages in a real browser: edits, and pages until they are usable; beside a bare page of Streamlit's own.

The bare page has one button that changes one figure, on a server of the same version, in the same browser and run: what
no page of Streamlit's can do without. Ours shows a whole design, so the ratio says how much of the time is the page's
own; the targets are of our times. An edit types another number of filters, and the clock runs from Enter to the frame
that shows another number of parameters. A page is usable when it shows what it is for and the server has answered all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bnn_designer.bench import targets
from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.chromium import chromium
from bnn_designer.bench.browser.server import APP, BARE, served
from bnn_designer.bench.browser.watch import Traffic, elements, shown_ms
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.cases.ui import (
    BLOCKS,
    EDITED,
    ELEMENTS,
    LATER,
    MESSAGES,
    NEW_SERVER,
    NEW_VISITOR,
    RECEIVED,
    SHOWN,
    design_of,
    planned,
)
from bnn_designer.bench.request import Request
from bnn_designer.bench.rounds import Pace, Turn, take_turns
from bnn_designer.bench.rows import Row, Sample, Target, Unit
from bnn_designer.design import Design
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store, store_url

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OURS = "bnn-designer"
VIEWPORT = (1440, 900)


def bare_name() -> str:
    return f"bare page, Streamlit {version('streamlit')}"


def measure(request: Request) -> Iterator[Row]:
    """Edits at each size of design, then the pages."""
    cases = wanted(request, planned(request))
    if not cases:
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        browser = stack.enter_context(chromium())
        app = stack.enter_context(served(APP, folder))
        bare = stack.enter_context(served(BARE, folder))
        for case, texts in cases.items():
            if case in BLOCKS:
                yield from _edits(request, browser, app, bare, folder, int(case), texts)
            else:
                yield _page(request, browser, app, bare, folder, str(case), texts[""])


def new_draft(home: Path, design: Design) -> str:
    """The id of a new draft in the store of the server with this home."""
    store = Store(store_url(home), home)
    try:
        return Drafts(store.engine).create(design).id
    finally:
        store.close()


# ---- edits


@dataclass
class _Edits:
    """One contender: a page, the press that edits, the figure that changes, and what was counted of each edit.

    Attributes:
        prepare: what comes before the press and is not timed.
    """

    page: Page
    traffic: Traffic
    prepare: Callable[[], None]
    press: Callable[[], None]
    figure: pages.Figure
    counted: dict[str, list[float]] = field(default_factory=lambda: {MESSAGES: [], RECEIVED: [], ELEMENTS: []})

    def turn(self) -> float:
        self.page.bring_to_front()
        self.prepare()
        before = self.traffic.now()
        took_ms = shown_ms(self.page, self.figure, self.press)
        messages, received_bytes = self.traffic.since(before)
        for way, value in ((MESSAGES, messages), (RECEIVED, received_bytes / 1024), (ELEMENTS, elements(self.page))):
            self.counted[way].append(value)
        return took_ms


def _edits(
    request: Request, browser: Browser, app: str, bare: str, home: Path, blocks: int, texts: Mapping[str, str]
) -> Iterator[Row]:
    ours, peer = _editor(browser, app, home, blocks), _presser(browser, bare)
    times = take_turns({OURS: ours.turn, bare_name(): peer.turn}, request.pace(seconds=20.0, least=15, most=60))
    for contender in (ours, peer):
        contender.page.context.close()
    units: dict[str, Unit] = {RECEIVED: "kib"}
    for way, text in texts.items():
        if way == SHOWN:
            yield _row(text, times, targets.EDIT_SHOWN.get(blocks))
        else:
            unit = units.get(way, "count")
            counts = (Sample.of(OURS, ours.counted[way], unit), Sample.of(bare_name(), peer.counted[way], unit))
            yield Row(text, 1, counts[0], counts[1])


def _editor(browser: Browser, app: str, home: Path, blocks: int) -> _Edits:
    """A design with one of its convolutions selected, which gets 128 filters, then 64, and so on."""
    page, filters = _new_page(browser), cycle((128, 64))
    traffic = Traffic(page)
    pages.open_page(page, app, draft=new_draft(home, design_of(blocks)), block=EDITED)
    return _Edits(
        page,
        traffic,
        prepare=lambda: pages.type_filters(page, next(filters)),
        press=lambda: pages.commit_filters(page),
        figure=pages.PARAMETERS,
    )


def _presser(browser: Browser, bare: str) -> _Edits:
    page = _new_page(browser)
    traffic = Traffic(page)
    _open_bare(page, bare)
    return _Edits(page, traffic, prepare=lambda: None, press=lambda: pages.press_bare(page), figure=pages.PRESSES)


def _row(text: str, times: Mapping[str, list[float]], target: Target | None) -> Row:
    ours, peer = (Sample.of(name, values) for name, values in times.items())
    return Row(text, 1, ours, peer, target)


# ---- pages


def _page(request: Request, browser: Browser, app: str, bare: str, home: Path, case: str, text: str) -> Row:
    """The row of a page: every turn is another visitor, whose browser has nothing of the server's yet."""
    if case == NEW_SERVER:
        turns = {OURS: _new_server(browser, APP, _open_start), bare_name(): _new_server(browser, BARE, _open_bare)}
        return _row(text, take_turns(turns, Pace(request.rounds or 5, warm_up=1)), targets.FIRST_PAGE)
    pace = request.pace(seconds=30.0, least=5, most=15)
    if case == NEW_VISITOR:
        turns = {OURS: _first(browser, app, _open_start), bare_name(): _first(browser, bare, _open_bare)}
        return _row(text, take_turns(turns, pace), targets.FIRST_PAGE)
    assert case in LATER
    draft = new_draft(home, design_of(BLOCKS[0]))

    def open_design(page: Page, server: str) -> None:
        pages.open_page(page, server, draft=draft)

    def go(page: Page) -> None:
        pages.press_link(page, case)
        pages.usable(page, pages.MARKS[case](page))

    turns = {
        OURS: _later(browser, app, open_design, go),
        bare_name(): _later(browser, bare, _open_bare, pages.go_to_second_bare),
    }
    return _row(text, take_turns(turns, pace), targets.LATER_PAGE)


def _new_page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
    return context.new_page()


def _open_start(page: Page, server: str) -> None:
    pages.open_page(page, server)


def _open_bare(page: Page, server: str) -> None:
    page.goto(server)
    pages.usable(page, pages.bare_button(page))


def _new_server(browser: Browser, script: Path, open_it: Callable[[Page, str], None]) -> Turn:
    def turn() -> float:
        with TemporaryDirectory() as home, served(script, Path(home)) as server:
            return _first(browser, server, open_it)()

    return turn


def _first(browser: Browser, server: str, open_it: Callable[[Page, str], None]) -> Turn:
    def turn() -> float:
        page = _new_page(browser)
        took_ms = _took_ms(lambda: open_it(page, server))
        page.context.close()
        return took_ms

    return turn


def _later(browser: Browser, server: str, open_it: Callable[[Page, str], None], go: Callable[[Page], None]) -> Turn:
    def turn() -> float:
        page = _new_page(browser)
        open_it(page, server)
        took_ms = _took_ms(lambda: go(page))
        page.context.close()
        return took_ms

    return turn


def _took_ms(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)
