"""What a program in a terminal takes of the machine, and what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bnn_designer.measuring.machine import MachineBusyError, holder, lock_path, locked, note, taken
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store

TAKE = """
from bnn_designer.measuring.machine import taken
with taken("timing in a terminal", wait=False, say=print):
    print("measured")
"""


def no_word(sentence: str) -> None:
    raise AssertionError(sentence)


def test_others_see_who_has_the_machine_until_the_end(store: Store) -> None:
    with taken("timing in a terminal", wait=False, say=no_word):
        now = holder()
        assert now is not None
        assert (now.job, now.owner.pid) == ("timing in a terminal", os.getpid())
        with (
            pytest.raises(MachineBusyError, match=r"calibration: .* timing in a terminal, since"),
            locked("calibration"),
        ):
            pass
    assert holder() is None
    with pytest.raises(ZeroDivisionError), taken("timing in a terminal", wait=False, say=no_word):
        _ = 1 / 0
    assert holder() is None
    with locked("calibration"):
        pass


def test_it_waits_and_says_for_whom_once(store: Store) -> None:
    said: list[str] = []
    with subprocess.Popen(["sleep", "500"]) as other:
        free = locked("run aaaa0000")
        free.__enter__()
        note("run aaaa0000", Owner.of_process(other.pid), 0.0)

        def say(sentence: str) -> None:
            said.append(sentence)
            free.__exit__(None, None, None)

        with taken("calibration in a terminal", wait=True, say=say):
            other.terminate()
    assert len(said) == 1
    start = "calibration in a terminal: waiting for another measurement on this machine: run aaaa0000, since "
    assert said[0].startswith(start)


def test_a_command_of_the_process_that_has_the_machine_has_it_too(store: Store) -> None:
    """As the worker's `bnn-designer time`; who only has the lock and no note is somebody else."""
    command = [sys.executable, "-c", TAKE]
    with locked("run aaaa0000"):
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "MachineBusyError" in refused.stderr
        note("run aaaa0000", Owner.of_process(), 0.0)
        assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == "measured\n"
        assert holder() is not None
    assert lock_path().exists()
