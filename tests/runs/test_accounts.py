"""Accounts are apart: whatever a store that is one account's is asked for, it gives nothing of another's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bnn_designer.ui
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring import waiting_time
from bnn_designer.runs import about, actions, curves, deleting, labels, queue
from bnn_designer.runs.accounts import account_of
from bnn_designer.runs.classes import Classes
from bnn_designer.runs.classes.runs import runs_of_class
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.drafts.records import Mark
from bnn_designer.runs.limits import LimitReached
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import NewRun, add_sweep, note_trials, sweep, sweep_id, sweeps
from bnn_designer.search import process
from bnn_designer.sweeps.taught import queue_taught
from bnn_designer.training.events import FirstStep
from bnn_designer.training.recipe import Recipe

ADA, BEN = account_of("https://login.example", "1"), account_of("https://login.example", "2")
RECIPE = Recipe(engine="float")

#: What a store is asked for by a run's id, as pages do.
OF_RUN: dict[str, Callable[[Store, str], Any]] = {
    "run": lambda store, key: store.run(key),
    "deleted": lambda store, key: store.run(key, deleted=True),
    "events": lambda store, key: store.events(key),
    "events_of": lambda store, key: store.events_of(key, "first_step", 5),
    "run_folder": lambda store, key: store.run_folder(key),
    "checkpoint_path": lambda store, key: store.checkpoint_path(key),
    "best_path": lambda store, key: store.best_path(key),
    "state_path": lambda store, key: store.state_path(key),
    "log_path": lambda store, key: store.log_path(key),
    "rewind": lambda store, key: store.rewind(key, (), 0, epoch=1, step=0),
    "request_cancel": lambda store, key: store.request_cancel(key),
    "request_pause": lambda store, key: store.request_pause(key),
    "queue_again": lambda store, key: store.queue_again(key, allowed=("cancelled", "queued"), why=""),
    "check_admitted": lambda store, key: store.check_admitted(key),
    "check_mine": lambda store, key: store.check_mine(key),
    "cancel": lambda store, key: queue.cancel(store, key),
    "resume": lambda store, key: actions.resume(store, key),
    "retry": lambda store, key: actions.retry(store, key),
    "extend": lambda store, key: actions.extend(store, key, 1),
    "clone": lambda store, key: actions.clone(store, key),
    "retry_teacher": lambda store, key: actions.retry_teacher(store, key),
    "without_teacher": lambda store, key: actions.without_teacher(store, key),
    "delete": lambda store, key: deleting.delete_run(store, key),
    "restore": lambda store, key: deleting.restore_run(store, key),
    "remove": lambda store, key: deleting.remove_run(store, key),
    "folder_bytes": lambda store, key: deleting.folder_bytes(store, key),
    "labels": lambda store, key: labels.set_labels(store, key, ("mine",), "mine"),
    "epochs_of": lambda store, key: any(curves.epochs_of(store, [key]).values()),
    "epoch_counts": lambda store, key: any(curves.epoch_counts(store, [key]).values()),
    "taught by it": lambda store, key: store.create_run(preset("bi-real-cifar"), RECIPE.changed(teacher=key)),
    "started from it": lambda store, key: store.create_run(preset("bi-real-cifar"), RECIPE.changed(start_from=key)),
    "after it": lambda store, key: store.create_run(preset("bi-real-cifar"), RECIPE, waits_for=key),
}

#: What a worker or the queue says of a run that it has, by its lease; no page does.
OF_MACHINE = {"add_event", "attach", "heartbeat", "finish", "put_back"}

#: What drafts are asked for by a draft's id.
OF_DRAFT: dict[str, Callable[[Drafts, str], Any]] = {
    "get": lambda drafts, key: drafts.get(key),
    "revision": lambda drafts, key: drafts.revision(key),
    "change": lambda drafts, key: drafts.change(key, lambda design: design.model_copy(update={"name": "taken"})),
    "undo": lambda drafts, key: drafts.undo(key),
    "redo": lambda drafts, key: drafts.redo(key),
    "skip": lambda drafts, key: drafts.skip(key, Mark("tab", 9)),
    "applied": lambda drafts, key: drafts.applied(key, "tab"),
    "set_recipe": lambda drafts, key: drafts.set_recipe(key, "{}"),
    "rename": lambda drafts, key: drafts.rename(key, "taken"),
    "duplicate": lambda drafts, key: drafts.duplicate(key),
    "delete": lambda drafts, key: drafts.delete(key),
    "restore": lambda drafts, key: drafts.restore(key),
    "snapshot": lambda drafts, key: drafts.snapshot(key, "taken"),
    "snapshots": lambda drafts, key: drafts.snapshots(key),
}

#: And by a version's.
OF_SNAPSHOT: dict[str, Callable[[Drafts, str], Any]] = {
    "delete_snapshot": lambda drafts, key: drafts.delete_snapshot(key),
    "snapshot_design": lambda drafts, key: drafts.snapshot_design(key),
}


@pytest.fixture(scope="module")
def design() -> Design:
    return preset("bi-real-cifar")


def refused(call: Callable[[], Any]) -> bool:
    """Whether a call gives nothing: it is told that there is no such thing, or gets an empty answer."""
    try:
        return not call()
    except BnnDesignerError as error:
        return "there is no such" in str(error)


def takes(kind: type, name: str) -> set[str]:
    """The public methods of a class whose first argument is the one of that name."""
    found = inspect.getmembers(kind, inspect.isfunction)
    methods = {key: list(inspect.signature(method).parameters)[1:2] for key, method in found if key[0] != "_"}
    return {key for key, first in methods.items() if first == [name]}


def test_every_method_that_takes_an_id_is_tried_here() -> None:
    assert takes(Store, "run_id") - OF_MACHINE == takes(Store, "run_id") & set(OF_RUN)
    assert takes(Drafts, "draft_id") == set(OF_DRAFT)
    assert takes(Drafts, "snapshot_id") == set(OF_SNAPSHOT)


def test_pages_have_the_store_from_one_place() -> None:
    folder = Path(bnn_designer.ui.__file__).parent
    opened = re.compile(r"\bStore\(|\bDrafts\(|\.everybody\b|\.for_account\(")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.py") if opened.search(path.read_text())}
    assert found == {"shared/state.py", "serve.py"}  # the second looks at the queue when the server starts


def test_an_id_of_somebody_elses_is_refused(store: Store, design: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "dispatch", lambda store: [])
    ben, mine = store.for_account(BEN), store.for_account(ADA)
    run = mine.create_run(design, RECIPE)
    mine.add_event(run, FirstStep(epoch=1, step=1, seconds=1.0))
    mine.run_folder(run).mkdir(parents=True)
    before = store.run(run)
    assert {name for name, call in OF_RUN.items() if not refused(lambda call=call: call(ben, run))} == set()  # type: ignore[misc]
    assert about.about_runs(ben, [before])[run].version == about.NOT_STARTED
    assert store.run(run) == before
    assert len(store.events(run)) == 1
    assert mine.run(run) == before

    drafts = Drafts(store.engine)
    hers = drafts.for_account(ADA)
    draft = hers.create(design)
    version = hers.snapshot(draft.id, "first")
    hers.skip(draft.id, Mark("tab", 3))
    his = drafts.for_account(BEN)
    assert {name for name, call in OF_DRAFT.items() if not refused(lambda call=call: call(his, draft.id))} == set()  # type: ignore[misc]
    assert {name for name, call in OF_SNAPSHOT.items() if not refused(lambda call=call: call(his, version.id))} == set()  # type: ignore[misc]
    assert hers.get(draft.id) == draft
    assert hers.snapshots(draft.id) == [version]
    assert hers.applied(draft.id, "tab") == 3


def test_lists_have_ones_own(store: Store, design: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ada has two of each, Ben one, and a terminal of the machine one; the administrator sees 2 + 1 + 1."""
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", "1")
    drafts, counts = Drafts(store.engine), {ADA: 2, BEN: 1, None: 1}
    for account, count in counts.items():
        for _ in range(count):
            drafts.for_account(account).create(design)
            store.for_account(account).create_run(design, RECIPE, person="same name")
        add_sweep(store.for_account(account), "sweep", "of all", "{}")
    for account, count in {**counts, None: 4}.items():
        own = store.for_account(account)
        assert len(own.runs()) == len(own.in_line()[1]) == len(drafts.for_account(account).recent()) == count
        line = waiting_time.line(own)
        assert (len(line.waiting), line.waiting_count) == (count, 4)
        assert {run.account for run in own.runs()} == ({account} if account else {ADA, BEN, None})
        assert len(sweeps(own)) == (1 if account else 3)
    # places are among everybody's runs, which were queued in the order Ada, Ada, Ben, the terminal
    assert [place.number for _, place in waiting_time.line(store.for_account(BEN)).waiting] == [3]
    deleting.delete_run(store.for_account(ADA), store.for_account(ADA).runs()[0].id)
    assert [len(store.for_account(one).runs(deleted=True)) for one in (ADA, BEN, None)] == [1, 0, 1]
    assert deleting.remove_deleted(store.for_account(BEN)) == (0, 0)
    assert deleting.remove_deleted(store.for_account(ADA)) == (1, 0)


def test_the_same_sweep_or_search_of_two_is_two(store: Store, design: Design) -> None:
    def missing(runs: Any) -> list[NewRun]:
        return [] if runs else [NewRun(design, RECIPE)]

    keys = []
    for account in (ADA, BEN):
        key, queued = add_sweep(store.for_account(account), "sweep", "s", "{}", missing)
        assert key == sweep_id("sweep", "{}", account)
        assert len(queued) == 1  # what another account has trained is not taken
        keys.append(key)
    assert keys[0] != keys[1]
    ben = store.for_account(BEN)
    with pytest.raises(BnnDesignerError, match="there is no such sweep"):
        sweep(ben, keys[0])
    note_trials(ben, keys[0], [{"taken": 1}])
    assert sweep(store, keys[0]).trials == ()
    for call in (process.read, process.stop, process.log_path):
        with pytest.raises(BnnDesignerError, match="there is no such sweep"):
            call(ben, keys[0])


def test_a_twin_of_another_account_teaches_nobody(
    store: Store, design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnn_designer.sweeps.taught.dispatch", lambda store: [])
    taught = [store.for_account(one).run(queue_taught(store.for_account(one), design, RECIPE)) for one in (ADA, BEN)]
    assert {store.run(str(run.waits_for)).account for run in taught} == {ADA, BEN}


def test_a_class_shows_runs_of_its_network_to_their_owner_alone(store: Store, design: Design) -> None:
    record, _ = Classes(store.engine).create("a class", design=design)
    run = store.for_account(ADA).create_run(design, RECIPE)
    shown = {
        account: [one.id for one, _ in runs_of_class(store.for_account(account), record)] for account in (ADA, BEN)
    }
    assert shown == {ADA: [run], BEN: []}


def test_limits_count_an_accounts_runs_whatever_the_names(
    store: Store, design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_MAX_RUNS_PER_PERSON", "1")
    store.for_account(ADA).create_run(design, RECIPE, person="one name")
    store.for_account(BEN).create_run(design, RECIPE, person="one name")
    with pytest.raises(LimitReached, match="has 1"):
        store.for_account(ADA).create_run(design, RECIPE, person="another name")


def test_an_account_follows_from_both_parts_of_an_identity() -> None:
    assert len({account_of("a", "bc"), account_of("ab", "c"), account_of("a", "b c"), account_of("a b", "c")}) == 4
    assert re.fullmatch("[0-9a-f]{32}", ADA)
