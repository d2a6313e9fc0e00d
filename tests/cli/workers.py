"""Commands whose runs are trained by real workers on made-up images: a home folder for them, and how to call them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.design import Design
from bnn_designer.runs.store import Store
from tests.runs.processes import end_all

ROOT = Path(__file__).parents[2]
#: As little as a run can be.
SIZES = ("--epochs", "1", "--subset", "100", "--validation-subset", "100", "--engine", "float")


@pytest.fixture
def home(tmp_path: Path, small_design: Design) -> Iterator[Path]:
    """A home folder with a small design in it; no worker outlives the test."""
    (tmp_path / "small.json").write_text(small_design.to_json(), encoding="utf-8")
    yield tmp_path
    end_all(Store(home=tmp_path))


def of_small(command: str, home: Path, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A command about the small design in a home folder, whose images are in ``data``."""
    called = [sys.executable, "-m", "bnn_designer.cli", command, "small.json", *options]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "BNN_HOME": str(home), "BNN_DATA_DIR": str(data)}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.run(called, capture_output=True, text=True, cwd=home, env=environment, timeout=500, check=False)
