"""``bench ui`` measures what it says: tiny real rounds, and a lost edit is an error. No test looks at how fast."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bnn_designer.bench import classroom, ui, ui_class, ui_clients
from bnn_designer.bench.browser import clients, pages, watch
from bnn_designer.bench.browser.server import BARE, served
from bnn_designer.bench.cases.ui import BLOCKS, ELEMENTS, MESSAGES, RECEIVED, design_of
from bnn_designer.bench.classroom import Heard, Pace
from bnn_designer.bench.request import BenchError
from bnn_designer.bench.rows import Row
from bnn_designer.design import walk
from bnn_designer.design.presets import preset
from bnn_designer.lessons.course import COURSE
from bnn_designer.runs.classes import Classes, Members
from bnn_designer.runs.store import Store, store_url
from bnn_designer.ui.shared.membership import COOKIE

SMALLEST = BLOCKS[0]


@pytest.mark.parametrize("blocks", BLOCKS)
def test_a_design_has_as_many_blocks_as_its_row_says(blocks: int) -> None:
    assert len(list(walk(design_of(blocks).blocks))) == blocks


def test_a_press_is_timed_until_the_figure_changes_and_its_traffic_counted(
    browser: Browser, server: str, tmp_path: Path
) -> None:
    editor = ui._editor(browser, server, tmp_path / "home", SMALLEST)
    try:
        times = [editor.turn() for _ in range(2)]
    finally:
        editor.page.context.close()
    assert all(0 < ms < watch.TIMEOUT_MS for ms in times)
    assert {way: len(values) for way, values in editor.counted.items()} == {MESSAGES: 2, RECEIVED: 2, ELEMENTS: 2}
    # at the least the blocks are on the page, and something came from the server
    assert min(editor.counted[ELEMENTS]) > SMALLEST
    assert min(editor.counted[MESSAGES]) > 1


def test_a_figure_that_does_not_change_is_an_error(page: Page, tmp_path: Path) -> None:
    with served(BARE, tmp_path) as bare:
        page.goto(bare)
        pages.usable(page, pages.bare_button(page))
        assert watch.shown_ms(page, pages.PRESSES, lambda: pages.press_bare(page)) > 0
        with pytest.raises(BenchError, match="'Presses' did not change"):
            watch.shown_ms(page, pages.PRESSES, lambda: page.mouse.click(700, 700), timeout_ms=200)
        with pytest.raises(BenchError, match="no figure 'Parameters'"):
            watch.shown_ms(page, pages.PARAMETERS, lambda: pages.press_bare(page))


def edits_of(server: str, home: Path, clients: int, edits: int) -> list[float]:
    """In a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(ui_clients.edit_drafts, server, home, clients, edits, 0.1).result()


def test_every_edit_of_people_at_once_is_in_the_store(server: str, tmp_path: Path) -> None:
    times = edits_of(server, tmp_path / "home", clients=3, edits=4)
    assert len(times) == 3 * 4
    assert min(times) > 0


def test_an_edit_that_is_not_in_the_store_is_an_error(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who types the same number twice makes one edit of them, so that one is missing."""
    typed = clients.number_typed
    monkeypatch.setattr(ui_clients, "number_typed", lambda label, _: typed(label, (ui_clients._FILTERS[1],)))
    with pytest.raises(BenchError, match=r"1 of 2 edits are in the store, the last one with 96 filters"):
        edits_of(server, tmp_path / "home", clients=1, edits=2)


def class_of(server: str, home: Path, students: int, training: int, watch_s: float) -> tuple[Heard, list[float]]:
    pace, design = Pace(every_s=0.05, watch_s=watch_s), preset(ui_class.DESIGN)
    with ThreadPoolExecutor(1) as other:
        return other.submit(classroom.hold, server, home, students, training, pace, design).result()


def test_a_class_goes_through_all_lessons_and_changes_a_network(server: str, tmp_path: Path) -> None:
    heard, runs = class_of(server, tmp_path / "home", students=2, training=0, watch_s=0)
    assert len(heard.lessons) == 2 * len(COURSE)
    # Opened by its link, opened with a block chosen, and changed.
    assert len(heard.edits) == 2 * (1 + 1 + classroom.EDITS)
    assert heard.asked == [*heard.lessons, *heard.edits]
    assert runs == []
    assert heard.taught
    assert pages.MEMBER_COOKIE == COOKIE
    home = tmp_path / "home"
    with closing(Store(store_url(home), home)) as store:
        (record,) = Classes(store.engine).all()
        members = Members(store.engine).of_class(record.id)
    # A report within a second of the last one is not taken, and these students do not stop to think.
    assert [bool(member.lessons) for member in members] == [True, True]


@pytest.mark.slow
def test_those_who_train_watch_their_run(server: str, tmp_path: Path, images: None) -> None:
    """The page draws its parts anew every 1.5 and 3 s by itself."""
    heard, runs = class_of(server, tmp_path / "home", students=1, training=1, watch_s=10)
    assert (len(heard.lessons), len(runs)) == (0, 1)
    assert len(heard.drawn) > 2
    assert runs[0] > 1


def test_the_95th_percentile_is_the_least_value_that_so_many_do_not_exceed() -> None:
    assert ui_clients.p95([float(value) for value in range(1, 101)]) == 95
    assert ui_clients.p95([3.0, 1.0, 2.0]) == 3


def test_a_target_of_time_holds_our_own_time_whatever_the_peer_takes() -> None:
    row = ui._row("an edit", {"ours": [100.0, 300.0, 400.0], "bare": [50.0, 60.0, 70.0]}, ui.targets.EDIT_SHOWN[60])
    assert row.ratio == 50 / 100
    assert row.met is False  # the median is 300, the target 250
    assert row.to_data()["target"] == {"median_at_most_ms": 250}
    assert Row.from_data(row.to_data()) == row
