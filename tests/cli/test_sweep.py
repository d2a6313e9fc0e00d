"""``bnn-designer sweep`` with a real worker on made-up images: trained, told apart, gone on with."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from bnn_designer.runs.store import Store
from tests.cli.workers import SIZES, home, of_small

__all__ = ["home"]

sweep = partial(of_small, "sweep")


def test_trained_and_the_same_command_again_trains_nothing(home: Path, synthetic_data: Path) -> None:
    dry = sweep(home, synthetic_data, "--vary", "shortcuts=none,one", "--seeds", "1", *SIZES, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "2 runs: 2 variants, 1 seed each. 2 would be queued." in dry.stdout
    assert Store(home=home).runs() == []

    first = sweep(home, synthetic_data, "--vary", "shortcuts=none,one", "--seeds", "1", *SIZES, "--json")
    assert first.returncode == 0, first.stderr
    assert "2 runs queued" in first.stderr
    found: dict[str, Any] = json.loads(first.stdout)
    assert found["complete"]
    assert [one["variant"] for one in found["variants"]] == ["shortcuts=none", "shortcuts=one"]
    runs = Store(home=home).runs()
    assert {run.status for run in runs} == {"done"}
    assert {run.best_val_accuracy for run in runs} == {one["accuracy"]["mean"] for one in found["variants"]}
    assert found["variants"][1]["verdict"] == "one run of it cannot tell: train more seeds"

    again = sweep(home, synthetic_data, "--vary", "shortcuts=none,one", "--seeds", "1", *SIZES)
    assert "0 runs queued, 2 there already" in again.stderr
    assert "one run of it cannot tell" in again.stdout
    assert len(Store(home=home).runs()) == 2


def test_mistakes_end_in_a_sentence_and_store_nothing(home: Path, synthetic_data: Path) -> None:
    for options, message in (
        (("--vary", "colour=red"), "nothing of this name to vary"),
        (("--vary", "shortcuts=none", "--seeds", "0"), "at least one seed"),
        (("--vary", "shortcuts=none", "--teacher", "twin"), "Train the twin first"),
    ):
        result = sweep(home, synthetic_data, *options)
        assert (result.returncode, result.stdout) == (2, "")
        assert message in result.stderr
        assert "Traceback" not in result.stderr
    assert Store(home=home).runs() == []
