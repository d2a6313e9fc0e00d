"""Starts a sweep, or goes on with it: queues what is missing, resumes what has stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bnn_designer.runs.actions import resume
from bnn_designer.runs.limits import Entry, LimitReached, Usage, limits_set, refusal_of_all
from bnn_designer.runs.queue import dispatch
from bnn_designer.runs.records import RunRecord, Status
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.runs.sweeps import NewRun, add_sweep
from bnn_designer.sweeps.plan import Plan
from bnn_designer.units import counted

#: What stopped without having failed.
_RESUMED: tuple[Status, ...] = ("paused", "interrupted", "cancelled")


@dataclass(frozen=True)
class Started:
    """What starting a sweep did.

    Attributes:
        id: of the sweep.
        queued: ids of new runs.
        resumed: ids of runs that had stopped.
        there: how many runs were there and needed nothing: done, training or waiting.
        failed: ids of runs that failed, which are left as they are.
    """

    id: str
    queued: tuple[str, ...]
    resumed: tuple[str, ...]
    there: int
    failed: tuple[str, ...]

    @property
    def text(self) -> str:
        """In a sentence."""
        parts = [f"{counted(len(self.queued), 'run')} queued"]
        if self.resumed:
            parts.append(f"{len(self.resumed)} resumed")
        if self.there:
            parts.append(f"{self.there} there already")
        if self.failed:
            parts.append(f"{len(self.failed)} failed before")
        return f"Sweep {self.id}: {', '.join(parts)}."


def refusal(
    planned: Plan, runs: Sequence[RunRecord], usage: Callable[[str | None], Usage], person: str | None = None
) -> str | None:
    """Why this server would not let in all the runs that starting a sweep brings into the queue; None: it would.

    Args:
        planned: the sweep.
        runs: all that are in the store.
        usage: what there is of all that the server limits, given whose run comes in.
        person: whose the new runs are.

    Raises:
        LimitError: a limit cannot be read.
    """
    allowed = limits_set()
    if not allowed.any:
        return None
    entries = []
    for one in planned.members(runs):
        if one.run is None:
            entries.append(Entry(person, one.recipe.epochs))
        elif one.run.status in _RESUMED:
            entries.append(Entry(one.run.person, one.recipe.epochs))
    return refusal_of_all(allowed, entries, lru_cache(usage))


def start(store: Store, planned: Plan, *, person: str | None = None) -> Started:
    """Queues the missing runs of a sweep in one transaction, and resumes those that were stopped.

    A run that is done, whoever started it, is taken as it is. One that failed is left alone: it would fail again unless
    somebody does something about it first.

    Args:
        store: the store.
        planned: the sweep.
        person: whose the new runs are; those that are resumed stay whose they are. None: nobody's in particular.

    Raises:
        LimitReached: the server does not let all of the missing runs in; none is queued then.
        NameOfPersonError: ``person`` is no name.
        StoreError: the store cannot be written to.
    """
    reason = refusal(planned, store.runs(), store.usage, person)
    if reason is not None:
        raise LimitReached(reason)
    found: list[RunRecord] = []

    def missing(records: Sequence[RunRecord]) -> list[NewRun]:
        places = planned.members(records)
        found.extend(one.run for one in places if one.run is not None)
        return [NewRun(one.design, one.recipe) for one in places if one.run is None]

    key, queued = add_sweep(store, "sweep", planned.sweep.design.name, planned.sweep.to_json(), missing, person=person)
    stopped = [run for run in found if run.status in _RESUMED]
    for run in stopped:
        go_on(store, run)
    dispatch(store)
    failed = tuple(run.id for run in found if run.status == "failed")
    there = len(found) - len(stopped) - len(failed)
    return Started(key, tuple(queued), tuple(run.id for run in stopped), there, failed)


def go_on(store: Store, run: RunRecord) -> None:
    """Resumes a run that has stopped, unless somebody was faster; raises StoreError where it cannot be resumed."""
    try:
        resume(store, run.id)
    except StoreError:
        if store.run(run.id).ended:  # else somebody was faster, and it is queued or trains
            raise
