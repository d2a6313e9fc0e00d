"""The supervisor: a small process that keeps the queue going while no page is open and no worker ends.

    python -m bnn_designer.runs.supervisor

One of a store on a machine, or of a store on a cluster (``BNN_RAY_ADDRESS``), held by a lock. It sees within a second
that a worker of this machine was killed, ends one that was told to stop and does not hear, starts what waits, and is
gone a moment after the last run. Nothing depends on it alone: pages, commands and workers do the same when they look,
and start another one where it was killed.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.connection import check_home
from bnn_designer.runs.executor import Executor, ExecutorError
from bnn_designer.runs.executors import executor
from bnn_designer.runs.queue import tend
from bnn_designer.runs.store import Store
from bnn_designer.runs.supervision import supervisor_lock
from bnn_designer.training.events import Notice

LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
# Of a store with thousands of runs a look takes long, and the store has more to do than to be looked at.
MOST_OF_THE_TIME = 0.1
# After so many failures in a row, 30 s in all, the store is gone rather than busy.
MAX_FAILURES = 30


def main() -> int:
    """Works until nothing waits or trains on this machine; the exit status is 1 if the store cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        store = Store(make=False)
    except BnnDesignerError as error:
        LOG.error("%s", error)
        return 1
    while (lock := supervisor_lock(store)) is not None:
        with lock:
            if not _supervise(store):
                return 1
        # Whoever queued a run while this one was about to go has seen the lock taken: look once more without it.
        if not store.has_work():
            break
    store.close()
    return 0


def _supervise(store: Store) -> bool:
    failures, said = 0, ""
    by: Executor | None = None
    while failures < MAX_FAILURES:
        began = time.monotonic()
        try:
            if not store.has_work():
                return True
            check_home(store.home)  # a worker's log would make half of it again
            by = by or executor()
            for run_id in tend(store, by):
                LOG.info("run %s: started", run_id)
            failures = 0
        except ExecutorError as error:
            LOG.error("%s", error)
            said = _say_once(store, str(error), said)
            failures += 1
        except (SQLAlchemyError, BnnDesignerError):
            LOG.exception("the queue cannot be looked at")
            failures += 1
        took_s = time.monotonic() - began
        time.sleep(max(LOOK_EVERY_S, took_s / MOST_OF_THE_TIME) if not failures else 1.0)
    return False


def _say_once(store: Store, text: str, said: str) -> str:
    """Why nothing starts, to those who look at the run that waits longest."""
    run_id = store.first_waiting()
    if text != said and run_id is not None:
        with contextlib.suppress(SQLAlchemyError, BnnDesignerError):
            store.add_event(run_id, Notice(text=f"It waits. {text}"))
    return text


if __name__ == "__main__":
    sys.exit(main())
