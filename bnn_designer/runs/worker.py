"""The worker process: carries out one run that a dispatcher has claimed, then starts the next in the queue.

    python -m bnn_designer.runs.worker RUN_ID LEASE [--with-starter]

Its output goes to ``worker.log`` in the run's folder. SIGTERM has it keep its state and stop: as cancelled or paused if
that was asked for, else as interrupted, as by a machine that shuts down. With ``--with-starter`` the end of its
standard input is such a signal, too: the process that keeps its place on a cluster holds the other end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time

from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner
from bnn_designer.runs.execute import execute_run
from bnn_designer.runs.executor import resumes_wanted
from bnn_designer.runs.queue import dispatch
from bnn_designer.runs.store import Store

LOG = logging.getLogger(__name__)

# The page must stay quick while every core trains.
NICENESS = 10

WITH_STARTER = "--with-starter"
# For the step at work and for the state; the place may be somebody else's by then.
END_WITHIN_S = 60.0
# Where the store or the run's folder is gone, for the step at work; there is nothing to keep.
END_GONE_WITHIN_S = 30.0


def main(run_id: str, lease: str, *options: str) -> int:
    """Carries out the run; the exit status is 1 if it failed, else 0."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if WITH_STARTER in options:
        threading.Thread(target=_end_with_starter, args=(stop,), name="starter", daemon=True).start()
    # An absolute value: a worker that another one started would be twice as nice with os.nice. Not on Windows.
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    try:
        store = Store(make=False)
    except BnnDesignerError as error:
        LOG.error("run %s: %s", run_id, error)
        return 1
    if not store.attach(run_id, Owner.of_process(), lease):
        LOG.info("run %s: another process has it by now, or it is gone", run_id)
        return 0
    try:
        run = execute_run(store, run_id, on_event=lambda event: LOG.info("%s", event), stop=stop, on_gone=_end_soon)
        LOG.info("run %s: %s", run_id, run.status)
        if run.status == "interrupted" and store.queue_lost(run, resumes_wanted()):
            LOG.info("run %s: it goes on elsewhere", run_id)
    except BnnDesignerError as error:
        LOG.error("run %s: %s", run_id, error)
        return 1
    except Exception:
        LOG.exception("run %s: unexpected error", run_id)
        return 1
    finally:
        _start_others(store)
        store.close()
    return 0


def _start_others(store: Store) -> None:
    """What waits, if there is a home for it: one that was deleted is not made again by whom it was deleted under."""
    if not store.home.is_dir():
        return
    try:
        dispatch(store)
    except BnnDesignerError as error:
        LOG.error("no other run is started: %s", error)


def _end_soon() -> None:
    """Ends this process in a while, be it in a long step or an import: what it works on cannot be kept."""
    timer = threading.Timer(END_GONE_WITHIN_S, os._exit, (1,))
    timer.daemon = True
    timer.start()


def _end_with_starter(stop: threading.Event) -> None:
    """Ends this process, with its state kept, once the other end of the standard input is closed."""
    while os.read(0, 1):
        pass
    LOG.warning("the process that started this one is gone")
    stop.set()
    time.sleep(END_WITHIN_S)
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
