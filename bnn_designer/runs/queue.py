"""The queue: which runs may start, which processes have died, and which that were told to stop have not.

Whoever calls :func:`dispatch` does it: a page, a command, every worker at its end, and the supervisor, a small process
that is there while anything waits or trains on this machine (``supervisor.py``). The store sees to it that each thing
is done once.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import start_worker
from bnn_designer.runs.deleting import purge
from bnn_designer.runs.records import Status
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training.failures import is_disk_full
from bnn_designer.training.recipe import Recipe

WORKER = "bnn_designer.runs.worker"
COMMAND = (sys.executable, "-m", WORKER)
SUPERVISOR = (sys.executable, "-m", "bnn_designer.runs.supervisor")
MAX_PARALLEL_VARIABLE = "BNN_MAX_PARALLEL_RUNS"

# A cancelled run is to be gone within two seconds, and a worker that is importing or in a long step cannot hear: it is
# killed then, which loses nothing but the steps since its last state. One that is paused gets the time to finish its
# step and to write its state; a step takes 21 s at worst (batch 1,024).
CANCEL_GRACE_S = 1.2
PAUSE_GRACE_S = 60.0


class QueueError(BnnDesignerError):
    """A setting of the queue that cannot be read, or a worker that cannot be started."""


def max_parallel_runs() -> int:
    """How many runs may run at once: ``BNN_MAX_PARALLEL_RUNS``, 1 if unset (one run uses all cores already).

    Raises:
        QueueError: the variable is not a whole number of at least 1.
    """
    text = os.environ.get(MAX_PARALLEL_VARIABLE, "").strip() or "1"
    if not text.isdecimal() or int(text) < 1:
        raise QueueError(f"{MAX_PARALLEL_VARIABLE}: {text!r} is not a whole number of at least 1. Set it to one.")
    return int(text)


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

    Starts a supervisor if one is needed. What was deleted long ago is forgotten.
    """
    try:
        purge(store)
        started = tend(store)
    except (StoreError, SQLAlchemyError) as error:
        if not is_disk_full(error):
            raise
        # what runs are can still be read, and is to be seen; it is written down once there is room
        return []
    if store.has_work():
        ensure_supervisor(store)
    return started


def tend(store: Store) -> list[str]:
    """:func:`dispatch`, without a supervisor, and without a look at what was deleted."""
    limit = max_parallel_runs()
    reap(store)
    _stop_the_deaf(store)
    started = []
    while (claim := store.claim_next(limit)) is not None:
        _spawn(store, *claim)
        started.append(claim[0])
    return started


def reap(store: Store) -> list[str]:
    """Ends the hold of processes that are gone; returns the ids of their runs."""
    dead = [run for run in store.held() if not run.held]
    for run in dead:
        store.release(run)
    return [run.id for run in dead]


def _stop_the_deaf(store: Store) -> None:
    """Kills the workers of this machine that were told to stop and did not."""
    for run in store.held():
        if run.stopping is None or run.stop_requested_at is None or run.owner is None:
            continue
        grace_s = CANCEL_GRACE_S if run.cancel_requested else PAUSE_GRACE_S
        if time.time() - run.stop_requested_at.timestamp() > grace_s:
            # released when it is gone, by the next look
            run.owner.send(signal.SIGKILL, command=(WORKER, run.id))


def _told(store: Store, run_id: str) -> Status:
    """Says so to the worker of this machine at once, rather than with its next heartbeat."""
    run = store.run(run_id)
    if run.stopping is not None and run.owner is not None:
        run.owner.send(signal.SIGTERM, command=(WORKER, run_id))
    dispatch(store)
    return store.run(run_id).status


def _spawn(store: Store, run_id: str, lease: str) -> None:
    log = store.log_path(run_id)
    try:
        owner = start_worker((*COMMAND, run_id, lease), log, _environment(store), append=True)
    except OSError as error:
        reason = f"Run {run_id}: the worker cannot be started ({error}). Check the disk and the folder {log.parent}."
        store.finish(run_id, "failed", reason, failure="unexpected", lease=lease)
        raise QueueError(reason) from error
    store.attach(run_id, owner, lease)


def _environment(store: Store) -> dict[str, str]:
    return {"BNN_STORE_URL": store.url, "BNN_HOME": str(store.home)}


# ---- the supervisor


def supervisor_lock(store: Store) -> IO[bytes] | None:
    """Takes the lock that the one supervisor of a store on this machine holds; None where there is one already.

    It is free when the file is closed, whatever becomes of the process.

    Raises:
        OSError: the home folder cannot be written to.
    """
    try:
        import fcntl
    except ImportError:  # Windows: whoever looks at the runs does it
        return None
    file = _supervisor_path(store, "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def ensure_supervisor(store: Store) -> bool:
    """Starts a supervisor if there is none; returns whether one was started."""
    try:
        lock = supervisor_lock(store)
        if lock is None:
            return False
        lock.close()
        start_worker(SUPERVISOR, _supervisor_path(store, "log"), _environment(store), append=False)
    except OSError:
        # a full disk: those who look at the runs go on doing its work
        return False
    return True


def _supervisor_path(store: Store, end: str) -> Path:
    """In the home folder, which several machines may share, and in which several stores may be."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())
    return store.home / f"supervisor-{host}-{hashlib.sha256(store.url.encode()).hexdigest()[:8]}.{end}"
