"""Cancels a job that has the machine: its worker is asked to end, and what is left of it a little later is killed."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

import psutil

from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import Job
from bnn_designer.measuring.machine import holder
from bnn_designer.processes import Owner

#: In which a worker removes what it has half done.
_GRACE_S = 5.0
_LOOK_EVERY_S = 0.1


def cancel(job: Job) -> bool:
    """Asks a job's worker to end. Nothing here waits: a worker that is deaf is killed by a thread, a little later.

    Returns:
        Whether there is such a worker on this machine; else there is nothing to cancel.
    """
    now = holder()
    # what is elsewhere, and this process, is sent nothing; the worker ends what it has started itself
    if now is None or now.job != job.name or not now.owner.send(signal.SIGTERM, command=job.arguments):
        return False
    threading.Thread(target=_see_it_end, args=(job, now.owner), name=f"cancel-{now.owner.pid}", daemon=True).start()
    return True


def _see_it_end(job: Job, owner: Owner) -> None:
    end = time.monotonic() + _GRACE_S
    while owner.look() == "alive":
        if time.monotonic() > end:
            _kill(owner, job)
        time.sleep(_LOOK_EVERY_S)
    with contextlib.suppress(BnnDesignerError):  # the run was deleted meanwhile
        job.close()


def _kill(owner: Owner, job: Job) -> None:
    """Kills the worker, if it is still that process, and all that it has started, whose sessions may be their own."""
    started: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(owner.pid).children(recursive=True)
    if owner.send(signal.SIGKILL, command=job.arguments):
        for process in started:
            with contextlib.suppress(psutil.Error):
                process.kill()
