"""The queue: which runs may start, which processes have died, and which that were told to stop have not.

Whoever calls :func:`dispatch` does it: a page, a command, every worker at its end, and the supervisor, a small process
that is there while anything waits or trains (``supervisor.py``). The store sees to it that each thing is done once. On
a cluster the supervisor alone starts runs, as connecting takes seconds and what was asked for must be watched.
"""

from __future__ import annotations

import signal
import time

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.design import Design
from bnn_designer.runs import awaiting
from bnn_designer.runs.deleting import purge
from bnn_designer.runs.executor import (
    Executor,
    LocalExecutor,
    cluster_address,
    max_parallel_runs,
    resumes_wanted,
    tell_here,
)
from bnn_designer.runs.records import RunRecord, Status
from bnn_designer.runs.settings import QueueError
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.runs.supervision import ensure_supervisor
from bnn_designer.training.failures import is_disk_full
from bnn_designer.training.recipe import Recipe

__all__ = ["QueueError", "cancel", "dispatch", "max_parallel_runs", "pause", "reap", "submit", "tend"]

# A cancelled run is to be gone within two seconds, and a worker that is importing or in a long step cannot hear: it is
# killed then, which loses nothing but the steps since its last state. One that is paused gets the time to finish its
# step and to write its state; a step takes 21 s at worst (batch 1,024).
CANCEL_GRACE_S = 1.2
PAUSE_GRACE_S = 60.0


def submit(
    store: Store, design: Design, recipe: Recipe, *, parent: str | None = None, person: str | None = None
) -> str:
    """Queues a run, starts it if it is its turn, and returns its id; raises as :meth:`Store.create_run`."""
    run_id = store.create_run(design, recipe, parent=parent, person=person)
    dispatch(store)
    return run_id


def cancel(store: Store, run_id: str) -> Status:
    """Ends a run within two seconds, on this machine; on another after its step. What it has kept stays.

    Returns the status it has now, which is "cancelled" if it was queued. Raises StoreError if there is no such run.
    """
    store.request_cancel(run_id)
    return _told(store, run_id)


def pause(store: Store, run_id: str) -> Status:
    """Has a run keep its state after the step at work and stop, so that others may run; see :func:`cancel`."""
    store.request_pause(run_id)
    return _told(store, run_id)


def dispatch(store: Store) -> list[str]:
    """Sees to what has died and what should stop, then starts queued runs while there is room; returns their ids.

    Starts a supervisor if one is needed. On a cluster the rest is left to it. What was deleted long ago is forgotten.

    Raises:
        QueueError: a setting cannot be read, or a worker cannot be started.
    """
    store, started = store.everybody, list[str]()
    try:
        purge(store)
        if cluster_address() is None:
            started = tend(store, LocalExecutor())
        else:
            reap(store)
    except (StoreError, SQLAlchemyError) as error:
        if not is_disk_full(error):
            raise
        # what runs are can still be read, and is to be seen; it is written down once there is room
        return []
    if store.has_work():
        ensure_supervisor(store)
    return started


def tend(store: Store, executor: Executor) -> list[str]:
    """:func:`dispatch`, by this executor and without a supervisor."""
    resumes = resumes_wanted()
    held = []
    for run in store.held():
        if run.held:
            held.append(run)
        else:
            store.release(run, resumes)
    _stop_the_deaf(store, executor, held)
    awaiting.settle(store.engine)
    executor.watch(store)
    started: list[str] = []
    while (claim := store.claim_next(executor.limit(len(held) + len(started)))) is not None:
        if executor.start(store, *claim):
            started.append(claim[0])
    return started


def reap(store: Store) -> list[str]:
    """Ends the hold of processes that are gone; returns the ids of their runs."""
    resumes = resumes_wanted()
    dead = [run for run in store.held() if not run.held]
    for run in dead:
        store.release(run, resumes)
    return [run.id for run in dead]


def _stop_the_deaf(store: Store, executor: Executor, held: list[RunRecord]) -> None:
    """Kills workers that were told to stop and did not; those on other machines are told first."""
    for run in held:
        if run.stopping is None or run.stop_requested_at is None or run.owner is None:
            continue
        grace_s = CANCEL_GRACE_S if run.cancel_requested else PAUSE_GRACE_S
        if time.time() - run.stop_requested_at.timestamp() > grace_s:
            # released when it is gone, by the next look
            executor.tell(store, run, signal.SIGKILL)
        elif run.stored_status == "claimed" or not run.owner.is_here:
            # of this machine's, whoever asked has told it (see _told), but for one that has no worker yet
            executor.tell(store, run, signal.SIGTERM)


def _told(store: Store, run_id: str) -> Status:
    """Says so to the worker of this machine at once, rather than with its next heartbeat."""
    run = store.run(run_id)
    if run.stopping is not None:
        tell_here(run, signal.SIGTERM)
    dispatch(store)
    return store.run(run_id).status
