"""A program of somebody else's that is called: what it prints, within a time and a size; nothing is left of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bnn_designer.errors import BnnDesignerError

#: Of a call that says no other: half an hour, which a slow machine needs for thousands of images.
LONGEST_S = 1800.0
#: Of what is printed: all scores of 10,000 images and 1,000 classes, as decimal numbers.
MOST_BYTES = 256 * 2**20
#: What is kept of the standard error, its end, and how many characters of that are in a message.
_SAID_BYTES, _SAID_CHARACTERS = 64 * 2**10, 1000
_CHUNK_BYTES = 64 * 2**10
#: What to do where a Python cannot be run: another one, of a peer's; this program's own.
OTHER_PYTHON, THIS_PYTHON = "Name another Python.", "Install Python again."
_LESS = "Take a smaller network, or fewer images."


class CallError(BnnDesignerError):
    """A program that cannot be run, fails, or was ended.

    Args:
        text: the sentence.
        status: as it ended by itself; None: it did not.
        said: the end of its standard error.
    """

    def __init__(self, text: str, status: int | None = None, said: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.said = said


def output_of(
    command: Sequence[str],
    mend: str,
    given: bytes = b"",
    *,
    name: str = "",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    longest_s: float = LONGEST_S,
    most_bytes: int = MOST_BYTES,
) -> str:
    """What a command prints. It is in a process group of its own, of which nothing is left where it does not end well.

    Args:
        command: the program and its arguments.
        mend: what to do where it cannot be run, a sentence.
        given: on its standard input.
        name: whose it is, in messages; "": the program's.
        folder, environment: in which it runs; None: this process's.
        longest_s: seconds after which it is killed, with all that it has started.
        most_bytes: of what it prints; it is killed at more.

    Raises:
        CallError: it cannot be run, or fails, with the end of what it said; it takes too long or prints too much.
    """
    who = name or command[0]
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        subject = command[0] if name else "it"
        raise CallError(f"{who}: {subject} cannot be run ({error.strerror}). {mend}") from None
    deadline = time.monotonic() + longest_s
    with _ended(process):
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        _Writing(process.stdin, given).start()
        printed = _Reading(process.stdout, most_bytes)
        said = _Reading(process.stderr, _SAID_BYTES, only_end=True)
        try:
            printed.start()
            said.start()
            printed.wait(deadline)
            if printed.is_too_much:
                raise CallError(f"{who}: it prints more than {most_bytes:,} bytes. {_LESS}")
            said.wait(deadline)
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise CallError(f"{who}: it has not ended in {_duration(longest_s)}. {_LESS}") from None
    words = said.text().strip()
    if status != 0:
        end = words[-_SAID_CHARACTERS:] or "no word"
        raise CallError(f"{who}: it ends with status {status}: {end}.", status, words)
    return printed.text()


def _duration(longest_s: float) -> str:
    return f"{longest_s / 60:.0f} minutes" if longest_s >= 120 else f"{longest_s:g} s"


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills the group of a process where its work is left by an error, Ctrl-C included, which does not reach it."""
    try:
        yield
    except BaseException:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        raise


class _Writing(threading.Thread):
    """Gives a process its input, as far as it reads it."""

    def __init__(self, pipe: IO[bytes], given: bytes) -> None:
        super().__init__(name="called-input", daemon=True)
        self._pipe, self._given = pipe, given

    def run(self) -> None:
        with contextlib.suppress(BrokenPipeError), self._pipe:
            self._pipe.write(self._given)


class _Reading(threading.Thread):
    """Reads a pipe to its end, or no further than there may be.

    A daemon: what has left the group and keeps the pipe must not keep this process.

    Args:
        most_bytes: of what is kept.
        only_end: keeps the last of it and reads on; else it stops at more.
    """

    def __init__(self, pipe: IO[bytes], most_bytes: int, *, only_end: bool = False) -> None:
        super().__init__(name="called-output", daemon=True)
        self._pipe, self._most_bytes, self._only_end = pipe, most_bytes, only_end
        self._kept = bytearray()

    def run(self) -> None:
        with self._pipe:
            while not self.is_too_much and (chunk := os.read(self._pipe.fileno(), _CHUNK_BYTES)):
                self._kept += chunk
                if self._only_end:
                    del self._kept[: -self._most_bytes]

    @property
    def is_too_much(self) -> bool:
        return len(self._kept) > self._most_bytes

    def wait(self, deadline: float) -> None:
        """Raises TimeoutError where it goes on at a time of time.monotonic()."""
        self.join(max(0.0, deadline - time.monotonic()))
        if self.is_alive():
            raise TimeoutError

    def text(self) -> str:
        return self._kept.decode(errors="replace")
