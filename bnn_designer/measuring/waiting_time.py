"""Who trains now, who waits, at which place and how long: the store's queue with what runs took on this machine."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from bnn_designer.measuring.training_time import whole_s
from bnn_designer.runs.people import same_person
from bnn_designer.runs.progress import progress
from bnn_designer.runs.queue import max_parallel_runs
from bnn_designer.runs.records import RunRecord, StoredEvent
from bnn_designer.runs.store import Store
from bnn_designer.runs.waiting import HeldRun, Place, places
from bnn_designer.units import duration_text

# Runs whose events are kept; a server trains and continues fewer at a time.
_MAX_KEPT = 64


@dataclass(frozen=True)
class Line:
    """Whose turn it is. Of a store that is an account's, the account's runs alone are listed.

    Attributes:
        held: the runs that train or prepare, the first that came first, each with the seconds until it ends (None: not
            known).
        waiting: the runs of the queue in the order in which they will start.
        waiting_count: how many runs wait, others' included.
    """

    held: tuple[tuple[RunRecord, float | None], ...]
    waiting: tuple[tuple[RunRecord, Place], ...]
    waiting_count: int

    def place(self, run_id: str) -> Place | None:
        """The place of a run; None: it does not wait."""
        return next((place for run, place in self.waiting if run.id == run_id), None)


def line(store: Store) -> Line:
    """The runs that are held or wait now; places and times are reckoned with everybody's.

    Raises:
        QueueError: BNN_MAX_PARALLEL_RUNS cannot be read.
    """
    everybody = store.everybody
    queue, records = everybody.in_line()
    held = tuple((run, left_s(everybody, run)) for run in records if run.held)
    waiting = {run.id: run for run in records if run.status == "queued"}
    found = places(
        queue,
        [HeldRun(run.id, same_person(run.person), left) for run, left in held],
        {run.id: length_s(everybody, run) for run in waiting.values()},
        max_parallel_runs(),
        time.time(),
    )
    in_order = tuple((waiting[place.run_id], place) for place in found if place.run_id in waiting)
    return Line(
        tuple((run, left) for run, left in held if store.has(run)),
        tuple((run, place) for run, place in in_order if store.has(run)),
        len(in_order),
    )


def place_text(place: Place, count: int) -> str:
    """Such as "Queued, at position 2 of 5. It starts in about 12:30, if nobody else queues a run meanwhile."

    Args:
        place: of the run.
        count: how many wait.
    """
    where = f"Queued, at position {place.number} of {count}."
    if place.after is not None:
        where += f" It waits for run {place.after}, which it learns from."
    if place.wait_s is None:
        if place.after is not None:
            return f"{where} When that one is done is not known."
        return f"{where} When it starts is not known: how long a run before it takes was not measured here yet."
    if place.wait_s < 1:
        return f"{where} It starts in a moment."
    return f"{where} It starts in about {duration_text(place.wait_s)}, if nobody else queues a run meanwhile."


def length_s(store: Store, run: RunRecord) -> float | None:
    """How long a run that waits will take once it starts; None: not known.

    Of one that is resumed or extended, its own curve tells what is left.
    """
    if run.started_at is not None and (left := progress(_events(store, run)).eta_s) is not None:
        return left
    return whole_s(store, run)


def left_s(store: Store, run: RunRecord) -> float | None:
    """How long a run that is held goes on; None: not known."""
    known = progress(_events(store, run)).eta_s
    if known is not None:
        return known
    whole = whole_s(store, run)
    begun = run.attempt_at.timestamp() if run.attempt_at is not None else time.time()
    return None if whole is None else max(0.0, whole - (time.time() - begun))


_read: dict[tuple[str, str, str | None, object], list[StoredEvent]] = {}
_reading = threading.Lock()


def _events(store: Store, run: RunRecord) -> list[StoredEvent]:
    """All events of a run; a page asks every second or two, and only new ones are read.

    Those of another attempt are read anew: what was reported after its state was dropped.
    """
    key = (store.url, run.id, run.lease, run.queued_at)
    with _reading:
        if key not in _read and len(_read) >= _MAX_KEPT:
            _read.clear()
        seen = _read.setdefault(key, [])
        seen += store.events(run.id, after=seen[-1].id if seen else 0)
        return list(seen)
