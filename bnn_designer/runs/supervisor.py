"""The supervisor: a small process that keeps the queue going while no page is open and no worker ends.

    python -m bnn_designer.runs.supervisor

One of a store on a machine, held by a lock. It sees within a second that a worker was killed, ends one that was told to
stop and does not hear, starts what waits, and is gone a moment after the last run. Nothing depends on it alone: pages,
commands and workers do the same when they look, and start another one where it was killed.
"""

from __future__ import annotations

import logging
import sys
import time

from sqlalchemy.exc import SQLAlchemyError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.queue import supervisor_lock, tend
from bnn_designer.runs.store import Store

LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
# After so many failures in a row, 30 s in all, the store is gone rather than busy.
MAX_FAILURES = 30


def main() -> int:
    """Works until nothing waits or trains on this machine; the exit status is 1 if the store cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    store = Store()
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
    failures = 0
    while failures < MAX_FAILURES:
        try:
            if not store.has_work():
                return True
            for run_id in tend(store):
                LOG.info("run %s: started", run_id)
            failures = 0
        except (SQLAlchemyError, BnnDesignerError):
            LOG.exception("the queue cannot be looked at")
            failures += 1
        time.sleep(LOOK_EVERY_S if not failures else 1.0)
    return False


if __name__ == "__main__":
    sys.exit(main())
