"""Numbered operations are applied exactly once: sent twice, in several processes, with processes killed in between."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import Remove
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import DraftError, Drafts, Mark
from bnn_designer.runs.drafts.tables import CLIENTS, DAY_S, KEEP_CLIENTS_DAYS, purge
from bnn_designer.runs.store import Store
from tests.runs.drafts.changes import adding, labels, naming
from tests.runs.drafts.outbox import REFUSED

ROOT = Path(__file__).parents[3]


def test_an_operation_is_applied_once(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    assert drafts.applied(draft.id, "tab") == 0
    once = drafts.change(draft.id, adding("1"), mark=Mark("tab", 1))
    for number in (1, 1):
        assert drafts.change(draft.id, adding("1"), mark=Mark("tab", number)) == once
    twice = drafts.change(draft.id, adding("2"), mark=Mark("tab", 2))
    assert drafts.change(draft.id, adding("1"), mark=Mark("tab", 1)) == twice
    assert labels(twice.design) == ["1", "2"]
    assert drafts.applied(draft.id, "tab") == 2


def test_tabs_and_drafts_count_apart(drafts: Drafts) -> None:
    first, second = drafts.create(Design()), drafts.create(Design())
    for draft in (first, second):
        for tab in "ab":
            drafts.change(draft.id, adding(tab), mark=Mark(tab, 1))
        assert labels(drafts.get(draft.id).design) == ["a", "b"]


def test_undo_and_redo_are_applied_once(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="0"))
    for number in (1, 2):
        drafts.change(draft.id, naming(str(number)), mark=Mark("tab", number))
    for _ in range(2):
        assert drafts.undo(draft.id, Mark("tab", 3)).name == "1"
    for _ in range(2):
        assert drafts.redo(draft.id, Mark("tab", 4)).name == "2"
    # nothing to redo: dealt with, without a change
    before = drafts.redo(draft.id, Mark("tab", 5))
    drafts.undo(draft.id)
    assert drafts.redo(draft.id, Mark("tab", 5)).name == "1"
    assert before.name == "2"


def test_an_operation_without_effect_is_dealt_with(drafts: Drafts) -> None:
    """Sent again, it must not take effect after what somebody else did in between."""
    draft = drafts.create(Design(name="same"))
    assert drafts.change(draft.id, naming("same"), mark=Mark("tab", 1)).revision == draft.revision
    drafts.change(draft.id, naming("other"))
    assert drafts.change(draft.id, naming("same"), mark=Mark("tab", 1)).name == "other"


def test_an_operation_that_is_skipped_while_it_is_made_has_no_effect(drafts: Drafts) -> None:
    draft = drafts.create(Design())

    def slow(design: Design) -> Design:
        drafts.skip(draft.id, Mark("tab", 1))
        return adding("1")(design)

    assert drafts.change(draft.id, slow, mark=Mark("tab", 1)) == draft
    assert drafts.get(draft.id) == draft


def test_a_refused_operation_is_skipped_once_said_so(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    with pytest.raises(DesignError):
        drafts.change(draft.id, lambda design: apply_edit(design, Remove(block_id="gone")), mark=Mark("tab", 1))
    assert drafts.applied(draft.id, "tab") == 0
    drafts.skip(draft.id, Mark("tab", 1))
    assert drafts.applied(draft.id, "tab") == 1
    assert drafts.change(draft.id, adding("1"), mark=Mark("tab", 1)) == draft
    drafts.change(draft.id, adding("2"), mark=Mark("tab", 2))
    drafts.skip(draft.id, Mark("tab", 1))
    assert drafts.applied(draft.id, "tab") == 2


@pytest.mark.parametrize(("client", "number"), [("", 1), ("x" * 65, 1), ("tab", 0), ("tab", -1), ("tab", True)])
def test_a_mark_that_cannot_be_kept_is_refused(client: str, number: int) -> None:
    with pytest.raises(DraftError, match="Reload the page"):
        Mark(client, number)


def test_tabs_long_closed_are_forgotten(drafts: Drafts, store: Store) -> None:
    draft, other = drafts.create(Design()), drafts.create(Design())
    for one in (draft, other):
        drafts.skip(one.id, Mark("old", 1))
    long_ago = time.time() - (KEEP_CLIENTS_DAYS + 1) * DAY_S
    with store.engine.begin() as connection:
        connection.execute(update(CLIENTS).values(updated_at=long_ago))
    drafts.skip(draft.id, Mark("new", 1))
    assert [drafts.applied(draft.id, "old"), drafts.applied(other.id, "old")] == [0, 1]
    purge(store.engine)
    assert [drafts.applied(draft.id, "new"), drafts.applied(other.id, "old")] == [1, 0]


def test_one_operation_sent_by_many_at_once_is_applied_once(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    start = threading.Barrier(6)

    def send() -> None:
        start.wait()
        for number in range(1, 6):
            drafts.change(draft.id, adding(str(number)), mark=Mark("tab", number))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = drafts.get(draft.id)
    assert labels(after.design) == ["1", "2", "3", "4", "5"]
    assert after.revision == 6


# ---- real processes


@pytest.mark.slow_on_postgresql
def test_an_operation_is_applied_once_wherever_its_process_is_killed(drafts: Drafts, url: str) -> None:
    """At every statement in turn, and before the commit."""
    draft = drafts.create(Design())
    command = [sys.executable, "-m", "tests.runs.drafts.crashing", url, draft.id, "6"]
    killed = int(subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True).stdout)
    # an operation has more than three statements, even one that is skipped
    assert killed > 6 * 3
    after = drafts.get(draft.id)
    # 3 and 6 are refused; 4 takes back 2
    assert labels(after.design) == ["1", "5"]
    assert (after.revision, after.undo_steps, after.redo_steps) == (1 + 4, 2, 0)
    assert drafts.applied(draft.id, "tab") == 6


def _start(url: str, draft_id: str, client: str, count: int, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.runs.drafts.outbox", url, draft_id, client, str(count), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _run_to_the_end(url: str, draft_id: str, client: str, count: int, kills: int, chance: random.Random) -> None:
    """Starts the tab's process, kills it in the middle of an operation, again and again, then lets it end."""
    for _ in range(kills):
        process = _start(url, draft_id, client, count, chance.randrange(2**32))
        assert process.stdout is not None
        for _ in range(chance.randrange(1, 6)):
            process.stdout.readline()
        # into the next operation, which takes a few milliseconds
        time.sleep(chance.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = _start(url, draft_id, client, count, chance.randrange(2**32))
    process.communicate()
    assert process.returncode == 0


def _taken(client: str, count: int) -> list[str]:
    return [f"{client}.{number}" for number in range(1, count + 1) if number % REFUSED]


def test_killed_processes_lose_no_operation_and_repeat_none(drafts: Drafts, url: str, store: Store) -> None:
    """Two tabs at once; each must find its own operations in the design, once and in order."""
    draft = drafts.create(Design())
    count, clients = 30, ("ada", "ben")
    with ThreadPoolExecutor() as pool:
        tabs = [
            pool.submit(_run_to_the_end, url, draft.id, client, count, 3, random.Random(seed))
            for seed, client in enumerate(clients)
        ]
        for tab in tabs:
            tab.result()
    after = drafts.get(draft.id)
    found = labels(after.design)
    for client in clients:
        assert [label for label in found if label.startswith(client)] == _taken(client, count)
        assert drafts.applied(draft.id, client) == count
    changes = len(found)
    assert changes == len(clients) * (count - count // REFUSED)
    assert (after.revision, after.undo_steps) == (1 + changes, changes)
    for _ in range(changes):
        undone = drafts.undo(draft.id)
    assert undone.design == draft.design
    with store.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(CLIENTS)).scalar_one() == len(clients)
