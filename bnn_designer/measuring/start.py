"""Starts a job outside of the process that asks for it. Nothing here waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import bnn_designer
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import Job, Progress
from bnn_designer.measuring.machine import locked, note
from bnn_designer.runs.records import Owner

COMMAND = (sys.executable, "-m", "bnn_designer.measuring.worker")


def start(job: Job) -> None:
    """Takes the machine for a job and starts its worker, in a session of its own.

    Raises:
        MachineBusyError: another job is running on this machine.
        BnnDesignerError: the worker cannot be started.
    """
    with locked(job.name) as lock:
        started_at = time.time()
        try:
            job.log_path.parent.mkdir(parents=True, exist_ok=True)
            note(job.name, Owner.of_process(), started_at)
            job.write(Progress(state="running", step="Starting"))
            with job.log_path.open("wb") as output:
                process = subprocess.Popen(
                    [*COMMAND, *job.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "PYTHONPATH": _search_path(), **job.environment},
                    pass_fds=(lock.fileno(),),  # the worker keeps the lock by it, until it is gone
                    start_new_session=True,
                )
        except OSError as error:
            raise BnnDesignerError(
                f"{job.name}: the worker cannot be started ({error}). See to the disk and the folder "
                f"{job.log_path.parent}."
            ) from error
        note(job.name, Owner.of_process(process.pid), started_at)
    # Somebody has to wait for a child, or it stays a zombie as long as this process lives.
    threading.Thread(target=process.wait, name=f"wait-{job.name}", daemon=True).start()


def _search_path() -> str:
    """The package need not be installed: `streamlit run app.py` finds it beside app.py, and so must the worker."""
    package_parent = str(Path(bnn_designer.__file__).parent.parent)
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return os.pathsep.join(known if package_parent in known else [package_parent, *known])
