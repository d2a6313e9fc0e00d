"""``bnn-designer search`` with a real worker on made-up images: trained within a budget, saved, gone on with."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.design.document import load_design
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import sweeps
from bnn_designer.search.results import found_of
from tests.cli.workers import SIZES, home, of_small

__all__ = ["home"]

search = partial(of_small, "search")


def test_trained_within_the_budget_saved_and_gone_on_with(home: Path, synthetic_data: Path) -> None:
    # the design takes 21,248 bytes, which is over; with a binary first layer it takes less
    options = ("--budget-ram", "20.5KiB", *SIZES, "--out", "front", "--json")
    first = search(home, synthetic_data, *options, "--trials", "2")
    assert first.returncode == 0, first.stderr
    found: dict[str, Any] = json.loads(first.stdout)
    assert found["counts"]["done"] == 2
    assert "proposal" in first.stderr
    assert "passed over: over budget" in first.stderr

    again = search(home, synthetic_data, *options, "--trials", "3")
    assert again.returncode == 0, again.stderr
    found = json.loads(again.stdout)
    store = Store(home=home)
    runs = store.runs()
    assert [run.status for run in runs] == ["done"] * 3
    assert {run.sweep for run in runs} == {found["search"]}
    assert {one["run"]: one["accuracy"] for one in found["trials"]} == {run.id: run.best_val_accuracy for run in runs}
    for run in runs:
        deployed = cost(run.design).deployed
        assert isinstance(deployed, DeployedCost)
        assert deployed.arena_bytes <= 20.5 * 1024
    (record,) = sweeps(store, "search")
    front = found_of(record).front
    assert [one.run for one in front] == [one["run"] for one in found["front"]]
    for one in found["front"]:
        saved = load_design(home / "front" / f"small-{found['search']}-{one['trial']}.json")
        assert saved.blocks == store.run(one["run"]).design.blocks


def test_mistakes_end_in_a_sentence_and_store_nothing(home: Path, synthetic_data: Path) -> None:
    for options, message in (
        (("--trials", "1"), "at least one of --budget-flash"),
        (("--budget-ram", "20KiB"), "Give --hours, --trials or both"),
        (("--budget-latency", "5", "--trials", "1"), "this is not a time"),
    ):
        result = search(home, synthetic_data, *options)
        assert (result.returncode, result.stdout) == (2, "")
        assert message in result.stderr
        assert "Traceback" not in result.stderr
    assert Store(home=home).runs() == []
