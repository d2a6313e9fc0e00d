"""``bnn-designer train`` on the real images: the same seed gives the same curve, whichever engine computes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bnn_designer.runs.store import Store

DATA = os.environ.get("BNN_DATA_DIR")
pytestmark = pytest.mark.skipif(not DATA, reason="BNN_DATA_DIR is not set: no CIFAR-10 images to train on")

ROOT = Path(__file__).parents[2]


def train(home: Path, *options: str) -> list[dict[str, Any]]:
    """The events of one short run of a small Bi-Real net, as the program prints them."""
    sizes = ("--epochs", "2", "--subset", "400", "--validation-subset", "200", "--seed", "3")
    command = [sys.executable, "-m", "bnn_designer.cli", "train", "bi-real-cifar", *sizes, *options, "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "BNN_HOME": str(home)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500, check=False)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def curve(events: list[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(event["loss"], event["val_accuracy"]) for event in events if event["kind"] == "epoch_end"]


def test_engines_give_the_same_curve_and_the_run_is_kept(tmp_path: Path) -> None:
    xnor, simulated = train(tmp_path, "--engine", "xnor"), train(tmp_path, "--engine", "float")
    assert len(curve(xnor)) == 2
    for (loss, accuracy), (other_loss, other_accuracy) in zip(curve(xnor), curve(simulated), strict=True):
        # Sums in another order: the last digits of float32 differ, with them signs of values near zero, and with these
        # the steps that follow. Two runs of one engine with different seeds are further apart.
        assert loss == pytest.approx(other_loss, rel=0.03)
        assert accuracy == pytest.approx(other_accuracy, abs=0.05)
    runs = {run.id: run for run in Store(home=tmp_path).runs()}
    assert set(runs) == {xnor[-1]["run"], simulated[-1]["run"]}
    assert {run.status for run in runs.values()} == {"done"}
    assert runs[simulated[-1]["run"]].engine_used == "float"
