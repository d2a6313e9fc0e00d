"""Random calls of the ops, for 15 seconds in CI, else 4; `BNN_FUZZ_SECONDS` and `BNN_FUZZ_SEED` choose."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.kernels import reference
from tests.kernels import fuzz_ops

ROOT = Path(__file__).parents[2]


def test_random_calls_are_right_or_refused() -> None:
    seconds = float(os.environ.get("BNN_FUZZ_SECONDS", 15 if os.environ.get("CI") else 4))
    seed = int(os.environ.get("BNN_FUZZ_SEED", time.time_ns() % 2**32))
    repeat = f"python -m tests.kernels.fuzz_ops {seed} {seconds:g}"
    result = subprocess.run(  # a process of its own, so that a crash is a failure of this test
        [sys.executable, "-m", "tests.kernels.fuzz_ops", str(seed), str(seconds)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 0, f"repeat it with: {repeat}\n{result.stderr[-6000:]}"
    outcomes = {line.rsplit(" ", 1)[0] for line in result.stdout.splitlines()}
    for op in ("BnnBinaryConv2D", "BnnBinaryConv2DSigns", "BnnBinaryMatMul", "BnnPack"):
        assert f"{op} equal" in outcomes, f"repeat it with: {repeat}\n{result.stdout}"
    assert "BnnBinaryConv2D refused" in outcomes, f"repeat it with: {repeat}\n{result.stdout}"


def test_wrong_numbers_are_found() -> None:
    x = np.ones((2, 70), np.float32)
    with pytest.raises(AssertionError):
        fuzz_ops.run(fuzz_ops.Call("BnnPack", {"input": x}, lambda: reference.pack(-x)))
    assert fuzz_ops.run(fuzz_ops.Call("BnnPack", {"input": x}, lambda: reference.pack(x))) == "equal"
