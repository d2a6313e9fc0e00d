"""The queue: which runs may start, and which workers have died. No daemon: whoever calls :func:`dispatch` does it.

A page, a command and every worker at its end call it; the store sees to it that a run is started once.
"""

from __future__ import annotations

import os
import sys
import time

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner, start_worker
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

COMMAND = (sys.executable, "-m", "bnn_designer.runs.worker")
MAX_PARALLEL_VARIABLE = "BNN_MAX_PARALLEL_RUNS"

# Without a sign of life for so long, a run of another machine, or one whose worker never came up, counts as dead. A
# worker beats once a second, and a busy disk or a slow import must not kill a run.
HEARTBEAT_TIMEOUT_S = 60.0


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


def submit(store: Store, design: Design, recipe: Recipe) -> str:
    """Queues a run, starts it if there is room, and returns its id."""
    run_id = store.create_run(design, recipe)
    dispatch(store)
    return run_id


def dispatch(store: Store) -> list[str]:
    """Fails the runs whose worker is dead, then starts queued runs while there is room; returns the ids started."""
    limit = max_parallel_runs()
    reap(store)
    started = []
    while (run_id := store.claim_next(limit)) is not None:
        _spawn(store, run_id)
        started.append(run_id)
    return started


def reap(store: Store) -> list[str]:
    """Fails the running runs whose process is gone, with the reason; returns their ids."""
    dead = []
    for run in store.runs():
        reason = _death(run, time.time()) if run.status == "running" else None
        if reason and store.finish(run.id, "failed", f"{reason} Log: {store.log_path(run.id)}", owner=run.owner):
            dead.append(run.id)
    return dead


def _death(run: RunRecord, now: float) -> str | None:
    """Why the process of a running run counts as dead; None while it is alive.

    On this machine the process itself is asked, so that a killed worker is seen at once, and one that slept with the
    machine is not taken for dead. Elsewhere only the heartbeat can tell.
    """
    owner = run.owner or Owner.dispatcher()
    silent_s = now - run.heartbeat_at.timestamp() if run.heartbeat_at else float("inf")
    silent = silent_s > HEARTBEAT_TIMEOUT_S
    if not owner.is_here:
        return f"No heartbeat from the worker on {owner.host} for {silent_s:.0f} s." if silent else None
    if owner.pid is None:
        return "The worker process was never started." if silent else None
    found = owner.look()
    # Another start time: the heartbeat tells a used-again pid from a clock that was set.
    if found == "alive" or (found == "another" and not silent):
        return None
    return f"The worker process {owner.pid} ended without a report: it was killed, or the machine ran out of memory."


def _spawn(store: Store, run_id: str) -> None:
    log = store.log_path(run_id)
    environment = {"BNN_STORE_URL": store.url, "BNN_HOME": str(store.home)}
    try:
        owner = start_worker((*COMMAND, run_id), log, environment, append=True)
    except OSError as error:
        reason = f"Run {run_id}: the worker cannot be started ({error}). Check the disk and the folder {log.parent}."
        store.finish(run_id, "failed", reason)
        raise QueueError(reason) from error
    store.attach(run_id, owner)
