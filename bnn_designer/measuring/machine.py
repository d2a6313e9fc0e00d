"""Who measures on this machine now. Two measurements at once would both be wrong, so there is one at most.

The lock is the kernel's, on a file in the user's cache: the worker inherits it from the process that starts it, and it
is free again when the worker is gone, however it went. A second file says who has it, for the pages; what it says
counts only while that process is alive.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import psutil

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import write_text
from bnn_designer.folders import cache_dir
from bnn_designer.processes import HAS_FILE_LOCKS, Owner, host_name, take_lock
from bnn_designer.runs.records import as_time

LOOK_EVERY_S = 0.5


class MachineBusyError(BnnDesignerError):
    """Another measurement is running on this machine."""


@dataclass(frozen=True)
class Holder:
    """The job that has the machine: its name (``run 1a2b3c4d``), its process, and when it began (Unix seconds)."""

    job: str
    owner: Owner
    started_at: float

    @property
    def since(self) -> datetime:
        return as_time(self.started_at)


def lock_path() -> Path:
    """The lock, in the user's cache; a cache that several machines share has one for each of them."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", host_name())
    return cache_dir() / f"measuring-{host}.lock"


def holder() -> Holder | None:
    """The job that measures on this machine now; None where there is none. Never waits."""
    try:
        data = json.loads(_note_path().read_text(encoding="utf-8"))
        found = Holder(str(data["job"]), Owner(**data["owner"]), float(data["started_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.owner.pid is not None and found.owner.look() == "alive" else None


@contextmanager
def locked(job: str) -> Iterator[IO[bytes]]:
    """Takes the machine for a job, and gives the open file whose descriptor a worker has to inherit to keep it.

    Raises:
        MachineBusyError: another job has it; at once, without waiting.
        BnnDesignerError: this system has no such locks, or the cache cannot be written.
    """
    if not HAS_FILE_LOCKS:
        raise BnnDesignerError("Measurements need file locks, which this system lacks. Measure on Linux.")
    path = lock_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = take_lock(path)
    except OSError as error:
        raise BnnDesignerError(
            f"{path}: the lock cannot be made ({error.strerror}). Set BNN_CACHE_DIR to a writable folder."
        ) from None
    if file is None:
        raise MachineBusyError(
            f"{job}: another measurement is running on this machine{_whose()}. Try again when it has ended."
        )
    with file:
        yield file


@contextmanager
def taken(job: str, *, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Takes the machine for what this process measures itself, until the end of the block.

    A process whose parent has the machine, such as a command that a worker runs, has it already. Where the system has
    no file locks nothing is taken.

    Args:
        job: the name that others see; not that of a page's job.
        wait: whether to wait until the machine is free.
        say: called with a sentence each time there is another one to wait for.

    Raises:
        MachineBusyError: another job has it, and `wait` is False.
        BnnDesignerError: the cache cannot be written.
    """
    if not HAS_FILE_LOCKS or _parent_has_it():
        yield
        return
    said: str | None = None
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(locked(job))
                break
            except MachineBusyError:
                if not wait:
                    raise
            if (whose := _whose()) != said:
                say(f"{job}: waiting for another measurement on this machine{whose}.")
                said = whose
            time.sleep(LOOK_EVERY_S)
        stack.callback(_note_path().unlink, missing_ok=True)
        note(job, Owner.of_process(), time.time())
        yield


def note(job: str, owner: Owner, started_at: float) -> None:
    """Says who has the machine; only for whoever holds the lock."""
    write_text(_note_path(), json.dumps(asdict(Holder(job, owner, started_at))), overwrite=True)


def _note_path() -> Path:
    return lock_path().with_suffix(".json")


def _whose() -> str:
    found = holder()
    return f": {found.job}, since {found.since.astimezone():%H:%M:%S}" if found else ""


def _parent_has_it() -> bool:
    now = holder()
    return now is not None and now.owner.pid in {parent.pid for parent in psutil.Process().parents()}
