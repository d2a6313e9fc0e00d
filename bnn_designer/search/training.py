"""Trains one proposal through the queue, and watches it: until it is done, is clearly behind, or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from bnn_designer.design import Design
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.database import RunDeleted
from bnn_designer.runs.queue import cancel, dispatch, pause
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import NewRun, add_sweep
from bnn_designer.search.definition import Search
from bnn_designer.search.pruning import Behind, first_behind
from bnn_designer.search.trials import State
from bnn_designer.sweeps.identity import matching, run_key
from bnn_designer.sweeps.plan import run_that_counts
from bnn_designer.sweeps.queueing import go_on
from bnn_designer.training.events import EpochEnd
from bnn_designer.units import percent_text

#: Seconds between two looks at a run.
LOOK_EVERY_S = 0.5
#: A run whose worker dies this often is taken for one that kills it.
_MOST_RESUMES = 3


class TimeIsUp(Exception):  # noqa: N818 - nothing is wrong
    """The search's time is over; its run is paused, and goes on with the same command."""


@dataclass(frozen=True)
class Trained:
    """What came of a run; see :class:`bnn_designer.search.trials.Trial`."""

    state: State
    run: str
    accuracy: float | None = None
    epochs: int | None = None
    reason: str = ""


def train(
    store: Store,
    search: Search,
    design: Design,
    peers: Sequence[str],
    ends_at: float | None,
    say: Callable[[str], None],
    person: str | None = None,
) -> Trained:
    """Trains a design, or takes the run of the same network, recipe and seed that is there, whosever it is.

    Only a run of this search is ever cancelled, paused or resumed.

    Args:
        store: has the runs.
        search: whose recipe is used.
        design: the network.
        peers: runs of networks that cost no more, which are done.
        ends_at: by ``time.monotonic()``; None: whenever.
        say: tells how far it is.
        person: whose a new run is.

    Raises:
        BnnDesignerError: the run cannot be queued or resumed.
        KeyboardInterrupt: the run is paused.
        TimeIsUp: the run is paused.
    """
    run, key = _run_of(store, search, design, person)
    own = run.sweep == key
    curves = tuple(epochs_of(store, peers).values())
    try:
        return _watched(store, run.id, own, search.recipe.epochs, curves, ends_at, say)
    except RunDeleted:
        return Trained("failed", run.id, reason="its run was deleted")
    except (KeyboardInterrupt, TimeIsUp):
        if own and not store.run(run.id).ended:
            pause(store, run.id)
        raise


def _run_of(store: Store, search: Search, design: Design, person: str | None) -> tuple[RunRecord, str]:
    """The run of a design, queued where there is none, and the id of the search."""
    wanted, there = run_key(design, search.recipe), None

    def missing(records: Sequence[RunRecord]) -> list[NewRun]:
        nonlocal there
        there = run_that_counts(matching(list(records), {wanted}).get(wanted, []))
        return [NewRun(design, search.recipe)] if there is None else []

    key, queued = add_sweep(store, "search", search.design.name, search.to_json(), missing, person=person)
    return (store.run(queued[0]) if there is None else there), key


def _watched(
    store: Store,
    run_id: str,
    own: bool,
    epochs: int,
    peers: Sequence[Sequence[EpochEnd]],
    ends_at: float | None,
    say: Callable[[str], None],
) -> Trained:
    started, resumes, told = datetime.now(timezone.utc), 0, ""
    while True:
        dispatch(store)
        run = store.run(run_id)
        if run.status == "done":
            if run.best_val_accuracy is None:
                return Trained("failed", run_id, reason="its run has no accuracy")
            return Trained("done", run_id, run.best_val_accuracy)
        if run.status == "failed":
            return Trained("failed", run_id, reason=run.error or "the reason is unknown; see its log")
        curve = epochs_of(store, [run_id])[run_id]
        behind = first_behind(curve, peers, epochs) if own else None
        if behind is not None:
            if run.ended or _cancelled(store, run_id):
                return _pruned(run_id, behind)
            continue  # it was through before it heard
        if run.ended:
            stopped_now = run.finished_at is not None and run.finished_at >= started
            if run.status == "cancelled" and stopped_now:
                return Trained("failed", run_id, reason="somebody cancelled its run")
            if resumes == _MOST_RESUMES:
                return Trained(
                    "failed", run_id, reason=f"its run was stopped {resumes} times: {run.error or run.status}"
                )
            if run.status != "paused" or not stopped_now:  # one that somebody pauses now waits for them
                go_on(store, run)
                resumes += 1
        if ends_at is not None and time.monotonic() >= ends_at:
            raise TimeIsUp
        word = _progress(run, curve, epochs)
        if word != told:
            say(word)
            told = word
        time.sleep(LOOK_EVERY_S)


def _progress(run: RunRecord, curve: Sequence[EpochEnd], epochs: int) -> str:
    if not curve:
        return f"  run {run.id}: {run.status}"
    return f"  run {run.id}: {run.status}, epoch {curve[-1].epoch} of {epochs}: {percent_text(curve[-1].val_accuracy)}"


def _cancelled(store: Store, run_id: str) -> bool:
    """Cancels a run and waits for its end; False: it was done before."""
    cancel(store, run_id)
    while not (run := store.run(run_id)).ended:
        dispatch(store)
        time.sleep(LOOK_EVERY_S)
    return run.status != "done"


def _pruned(run_id: str, behind: Behind) -> Trained:
    reason = (
        f"{percent_text(behind.accuracy)} after epoch {behind.epoch}, where the middle one of those that cost no more "
        f"had {percent_text(behind.peers)}"
    )
    return Trained("pruned", run_id, behind.accuracy, behind.epoch, reason)
