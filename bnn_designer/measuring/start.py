"""Starts a job outside of the process that asks for it. Nothing here waits."""

from __future__ import annotations

import sys
import time

from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import Job, JobState
from bnn_designer.measuring.machine import locked, note
from bnn_designer.processes import Owner, start_worker

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
            note(job.name, Owner.of_process(), started_at)
            job.log_path.parent.mkdir(parents=True, exist_ok=True)  # the state's too
            job.write(JobState(state="running", step="Starting"))
            command = COMMAND if job.command is None else job.command
            # the worker keeps the lock by the descriptor that it inherits, until it is gone
            owner = start_worker(
                (*command, *job.arguments), job.log_path, job.environment, append=False, keep_open=(lock.fileno(),)
            )
        except OSError as error:
            raise BnnDesignerError(
                f"{job.name}: the worker cannot be started ({error}). Check the disk and the folder "
                f"{job.log_path.parent}."
            ) from error
        note(job.name, owner, started_at)
