"""A store and a cache of their own, and workers that are small programs in the place of the real one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bnn_designer.measuring import start as starting
from bnn_designer.measuring.job import Job, JobState
from bnn_designer.runs.store import Store

SetWorker = Callable[[str], None]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    return Store()


@pytest.fixture
def set_worker(monkeypatch: pytest.MonkeyPatch) -> SetWorker:
    """Makes ``start`` run a program, given as text; the job's arguments follow it."""

    def set_it(program: str) -> None:
        monkeypatch.setattr(starting, "COMMAND", (sys.executable, "-c", program))

    return set_it


def ended(job: Job) -> JobState:
    """The state of a job, once it does not run any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = job.read()
        if found is not None and found.state != "running":
            return found
        time.sleep(0.02)
    raise AssertionError("the job did not end")


@contextmanager
def idle_command(folder: Path) -> Iterator[tuple[str, ...]]:
    """The command of a worker that does nothing until the test is over, or for a minute."""
    over = folder / "over"
    program = (
        f"import os, time\nend = time.monotonic() + 60\n"
        f"while not os.path.exists({str(over)!r}) and time.monotonic() < end: time.sleep(.05)"
    )
    try:
        yield (sys.executable, "-c", program)
    finally:
        over.touch()
