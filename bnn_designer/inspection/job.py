"""The jobs that look inside a run, for those who start them and show how far they are."""

from __future__ import annotations

import sys

from bnn_designer.measuring.job import Job
from bnn_designer.runs.executor import environment
from bnn_designer.runs.store import Store

COMMAND = (sys.executable, "-m", "bnn_designer.inspection.worker")


def look_job(store: Store, run_id: str) -> Job:
    """Looks inside the best epoch's network; leaves a :mod:`report`.

    It takes the machine as measurements do: it would disturb their times, and its own times would be wrong.
    """
    return _job(store, run_id, "look", f"look inside run {run_id}")


def sensitivity_job(store: Store, run_id: str) -> Job:
    """Puts each binary layer back to floats, one at a time; leaves a :mod:`sensitivity_report`."""
    return _job(store, run_id, "sensitivity", f"sensitivity of run {run_id}")


def try_job(store: Store, run_id: str) -> Job:
    """Runs one image through the packed network; leaves what :mod:`trying` reads."""
    return _job(store, run_id, "try", f"an image tried in run {run_id}")


def running_job(store: Store, run_id: str) -> Job | None:
    """The one of a run's jobs that is at work; None where none is."""
    for make in (look_job, sensitivity_job, try_job):
        job = make(store, run_id)
        found = job.read()
        if found is not None and found.state == "running":
            return job
    return None


def _job(store: Store, run_id: str, what: str, name: str) -> Job:
    folder = store.run_folder(run_id)
    state, log = folder / f"inside-{what}-job.json", folder / f"inside-{what}.log"
    return Job(name, (what, run_id), state, log, environment(store), COMMAND)
