"""Cancels a job that has the machine: its worker, and what that has started, are asked to end and then ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

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
    if now is None or now.job != job.name or not now.owner.is_here or now.owner.pid == os.getpid():
        return False
    if not _send(now.owner, job, signal.SIGTERM):
        return False
    threading.Thread(target=_see_it_end, args=(job, now.owner), name=f"cancel-{now.owner.pid}", daemon=True).start()
    return True


def _see_it_end(job: Job, owner: Owner) -> None:
    end = time.monotonic() + _GRACE_S
    while owner.look() == "alive":
        if time.monotonic() > end:
            _send(owner, job, signal.SIGKILL)
        time.sleep(_LOOK_EVERY_S)
    with contextlib.suppress(BnnDesignerError):  # the run was deleted meanwhile
        job.close()


def _send(owner: Owner, job: Job, number: signal.Signals) -> bool:
    """Sends a signal to the worker, if it is still that process, and to all in its session."""
    if not owner.send(number, command=job.arguments):
        return False
    with contextlib.suppress(OSError):  # it leads its own group, as start_worker has it; or it is gone already
        if owner.pid is not None and os.getpgid(owner.pid) == owner.pid:
            os.killpg(owner.pid, number)
    return True
