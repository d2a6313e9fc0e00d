"""Waiting for other processes; the limits are only there so that a broken test ends."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable

import psutil
from sqlalchemy import select

from bnn_designer.runs.connection import writing
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.events import StepWindow


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Waits for another process."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"still waiting after {timeout_s} s: {what}"
        time.sleep(0.05)


def wait_for_end(store: Store, run_id: str) -> RunRecord:
    wait_until(lambda: store.run(run_id).ended, f"run {run_id} ends; its log: {store.log_path(run_id)}")
    return store.run(run_id)


def wait_for_first_window(store: Store, run_id: str) -> None:
    wait_until(
        lambda: any(isinstance(item.event, StepWindow) for item in store.events(run_id)),
        f"run {run_id} trains; its log: {store.log_path(run_id)}",
    )


def stop_between_writes(store: Store, run_id: str) -> None:
    """Stops a worker where it writes nothing: within a write it would keep the store, or the run's row, locked."""
    pid = int(store.run(run_id).pid or 0)
    with writing(store.engine) as connection:  # nobody else writes meanwhile
        connection.execute(select(RUNS.c.id).where(RUNS.c.id == run_id).with_for_update())
        os.kill(pid, signal.SIGSTOP)


def wait_for_process_end(run: RunRecord) -> None:
    def gone() -> bool:
        try:
            return psutil.Process(run.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    wait_until(gone, f"process {run.pid} ends")


def end_all(store: Store) -> None:
    """No worker outlives its test, and so no supervisor."""
    for run in store.runs():
        store.request_cancel(run.id)
        if run.pid not in (None, os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(run.pid or 0), signal.SIGKILL)
