"""Processes that work for others: which one it is, whether it is still there, how a worker is started and ended."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import IO, Literal

import psutil

import bnn_designer

HOST_VARIABLE = "BNN_HOST_NAME"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def host_name() -> str:
    """This machine's name: ``BNN_HOST_NAME`` where the system's own is not its alone, as in containers; else that."""
    return os.environ.get(HOST_VARIABLE, "").strip() or socket.gethostname()


@cache
def boot_id() -> str | None:
    """What tells this start of the machine from every other; None where the system does not say (it is Linux' own)."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True)
class Owner:
    """The process that has something: a run, the machine. ``pid`` None: of a time before it was noted.

    A pid alone is not enough, since pids are used again; ``process_started_at`` (Unix seconds) and ``boot_id`` (None:
    not known) tell two apart.
    """

    host: str
    pid: int | None
    process_started_at: float | None
    boot_id: str | None = None

    @classmethod
    def of_process(cls, pid: int | None = None) -> Owner:
        """A process of this machine that is alive or not yet waited for; None: this one."""
        process = psutil.Process(pid)
        return cls(host_name(), process.pid, process.create_time(), boot_id())

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this machine, so that the system can be asked about it."""
        return self.host == host_name()

    def look(self) -> Literal["alive", "gone", "another"]:
        """Asks the system about a process of this machine.

        "another": the pid belongs to a process with another start time, which is one with a used-again pid, or the
        same one after the clock was set.

        Raises:
            ValueError: there is no process yet.
        """
        if self.pid is None:
            raise ValueError("the owner has no process yet")
        if self.boot_id is not None and boot_id() is not None and self.boot_id != boot_id():
            return "gone"
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return "gone"
            same = self.process_started_at is not None and abs(process.create_time() - self.process_started_at) < 1
        except psutil.NoSuchProcess:
            return "gone"
        return "alive" if same else "another"

    def send(self, number: signal.Signals, *, command: Sequence[str]) -> bool:
        """Sends a signal to a process of this machine; returns whether it was sent.

        Args:
            number: the signal.
            command: must all be among its arguments. Whatever else the process is, such as a terminal in which
                somebody trains, it is left alone.
        """
        if not self.is_here or self.pid in (None, os.getpid()) or self.look() != "alive":
            return False
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if set(command) <= set(process.cmdline()):
                process.send_signal(number)
                return True
        return False


@contextmanager
def hearing(number: signal.Signals, hear: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Within it a signal calls this; in other threads than the main one nothing changes, as only that may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, hear)
    try:
        yield
    finally:
        signal.signal(number, before)


def start_worker(
    command: Sequence[str], log: Path, environment: Mapping[str, str], *, append: bool, keep_open: Sequence[int] = ()
) -> Owner:
    """Starts a worker of its own session, so that neither the page's end nor its Ctrl-C takes the work with it.

    Args:
        command: the program and its arguments.
        log: gets its output; the folder is made.
        environment: variables besides those of this process.
        append: whether what is in the log stays.
        keep_open: file descriptors that it inherits, such as a lock.

    Returns:
        The process, as of before anything could wait for it.

    Raises:
        OSError: the log cannot be written, or the process cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab" if append else "wb") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": search_path(), **environment},
            pass_fds=keep_open,
            start_new_session=True,
        )
    owner = Owner.of_process(process.pid)
    # Somebody has to wait for a child, or it stays a zombie as long as this process lives.
    threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
    return owner


#: Whether this system has locks of files that end with their process (Windows has none).
HAS_FILE_LOCKS = importlib.util.find_spec("fcntl") is not None


def take_lock(path: Path) -> IO[bytes] | None:
    """Takes the lock of a file, which is made in a folder that is there; without waiting. None: another process has it.

    It is held until the last copy of the open file's descriptor is closed, so a worker that inherits it keeps it.

    Raises:
        OSError: the file cannot be written, or its file system has no locks.
    """
    import fcntl

    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except OSError:
        file.close()
        raise
    return file


def search_path() -> str:
    """``PYTHONPATH`` for a worker.

    The package need not be installed: `streamlit run app.py` finds it beside app.py, and so must the worker.
    """
    package_parent = str(Path(bnn_designer.__file__).parent.parent)
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return os.pathsep.join(known if package_parent in known else [package_parent, *known])
