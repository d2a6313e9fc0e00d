"""Programs that are called: they end in time, print within bounds, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from bnn_designer.called import CallError, output_of

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")

#: Starts another process and writes down both pids; then waits for it, or ends before it.
WAITS = "sleep 500 & echo $$ $! > pids; wait"
LEAVES = "sleep 500 & echo $$ $! > pids"


def gone(folder: Path) -> bool:
    """Whether the processes in ``pids`` have ended; one that was killed is there until the system has noticed."""
    pids = (folder / "pids").read_text().split()
    assert len(pids) == 2
    return all(ended(int(pid)) for pid in pids)


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(folder: Path) -> None:
    for _ in range(500):
        if gone(folder):
            return
        time.sleep(0.01)
    pytest.fail("it is left behind")


@pytest.mark.parametrize("script", [WAITS, LEAVES], ids=["waits", "leaves"])
def test_what_takes_too_long_is_killed_with_all_that_it_started(script: str, tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"^A tool: it has not ended in 1\.5 s\. Take a smaller network"):
        output_of(["sh", "-c", script], "Install it.", name="A tool", folder=tmp_path, longest_s=1.5)
    wait_until_gone(tmp_path)


def test_what_prints_without_end_is_killed(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"^sh: it prints more than 100,000 bytes\. Take"):
        output_of(["sh", "-c", "yes & echo $$ $! > pids; wait"], "", folder=tmp_path, most_bytes=100_000)
    wait_until_gone(tmp_path)
    assert output_of(["seq", "3"], "", most_bytes=6) == "1\n2\n3\n"


def test_of_its_errors_the_end_is_kept() -> None:
    """20,001 lines, of which the last is a word: 64 KiB of them, and 1,000 characters in the message."""
    with pytest.raises(CallError) as raised:
        output_of(["sh", "-c", "seq 20000 >&2; echo wrong >&2; exit 3"], "")
    assert raised.value.status == 3
    assert len(raised.value.said.encode()) == 64 * 1024 - len("\n")
    assert str(raised.value) == f"sh: it ends with status 3: {raised.value.said[-1000:]}."
    assert raised.value.said.endswith("19999\n20000\nwrong")


def test_input_larger_than_a_pipe_comes_back_or_is_left_unread() -> None:
    text = "0123456789" * 50_000
    assert output_of(["cat"], "", text.encode()) == text
    assert output_of(["true"], "", text.encode()) == ""


def test_ctrl_c_ends_it_too(tmp_path: Path) -> None:
    """It is in a session of its own, where the terminal's Ctrl-C does not reach it."""

    def interrupt() -> None:
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            output_of(["sh", "-c", WAITS], "", folder=tmp_path, longest_s=60)
    finally:
        signal.signal(signal.SIGINT, before)
    wait_until_gone(tmp_path)


def test_what_cannot_be_run_says_what_to_do() -> None:
    with pytest.raises(CallError, match=r"^/no/such: it cannot be run \(No such file or directory\)\. Name another\.$"):
        output_of(["/no/such"], "Name another.")
    with pytest.raises(CallError, match=r"^A tool: /no/such cannot be run \(No such file or directory\)\. Name"):
        output_of(["/no/such"], "Name another.", name="A tool")
