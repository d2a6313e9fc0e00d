"""The worker process: carries out one run that a dispatcher has claimed, then starts the next in the queue.

    python -m bnn_designer.runs.worker RUN_ID

Its output goes to ``worker.log`` in the run's folder. SIGTERM cancels the run cleanly.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading

from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner
from bnn_designer.runs.execute import execute_run
from bnn_designer.runs.queue import dispatch
from bnn_designer.runs.store import Store

LOG = logging.getLogger(__name__)

# The page must stay quick while every core trains.
NICENESS = 10


def main(run_id: str) -> int:
    """Carries out the run; the exit status is 0 if it is done or cancelled, else 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # An absolute value: a worker that another one started would be twice as nice with os.nice. Not on Windows.
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    store = Store()
    store.attach(run_id, Owner.of_process())
    try:
        run = execute_run(store, run_id, on_event=lambda event: LOG.info("%s", event), stop=stop)
        LOG.info("run %s: %s", run_id, run.status)
    except BnnDesignerError as error:
        LOG.error("run %s: %s", run_id, error)
        return 1
    except Exception:
        LOG.exception("run %s: unexpected error", run_id)
        return 1
    finally:
        dispatch(store)
        store.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
