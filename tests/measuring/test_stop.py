"""A job that is cancelled: what it had half done is removed, and one that is deaf is killed."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from bnn_designer.measuring import stop
from bnn_designer.measuring.job import Job, calibration_job, pack_job
from bnn_designer.measuring.machine import holder, locked
from bnn_designer.measuring.start import start
from bnn_designer.measuring.stop import cancel
from bnn_designer.runs.store import Store
from tests.measuring.conftest import SetWorker, ended

#: A worker as the real ones are, at work in a temporary folder.
LISTENING = """
import tempfile, time
from pathlib import Path
from bnn_designer.measuring.carrying_out import carry_out
from bnn_designer.measuring.job import pack_job
from bnn_designer.runs.store import Store

def work(say):
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        say(folder, 0.5)
        time.sleep(60)

carry_out(pack_job(Store(), "aaaa0000"), work)
"""
DEAF = """
import signal, subprocess, time
from bnn_designer.measuring.job import JobState, pack_job
from bnn_designer.runs.store import Store
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
pack_job(Store(), "aaaa0000").write(JobState(state="running", step=str(child.pid), share=0.5))
time.sleep(60)
"""


def begun(job: Job) -> str:
    """What the worker does, once it is at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = job.read()
        if found is not None and found.share == 0.5:
            return found.step
        time.sleep(0.02)
    raise AssertionError("the job did not begin")


def test_a_cancelled_job_removes_what_it_has_half_done(
    store: Store, set_worker: SetWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    set_worker(LISTENING)
    job = pack_job(store, "aaaa0000")
    start(job)
    folder = Path(begun(job))
    assert folder.is_dir()
    assert not cancel(calibration_job())  # another job: nothing is cancelled
    assert cancel(job)
    assert ended(job).state == "cancelled"
    assert not folder.exists()
    assert job.log_path.read_text() == "Cancelled.\n"
    assert not cancel(job)
    with locked("calibration"):
        pass


def test_a_deaf_job_is_killed_with_what_it_has_started(
    store: Store, set_worker: SetWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop, "_GRACE_S", 0.1)
    set_worker(DEAF)
    job = pack_job(store, "aaaa0000")
    start(job)
    child = psutil.Process(int(begun(job)))
    assert cancel(job)
    deadline = time.monotonic() + 60
    while (found := job.read()) is None or found.state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert holder() is None
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
