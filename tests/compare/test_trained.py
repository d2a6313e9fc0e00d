"""Runs of one network together, and which designs are one network."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.compare import TrainedRun, grouped, network_key, spread
from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import Update, UpdateDesign
from bnn_designer.design.presets import preset


def run(number: int, seed: int, best: float | None, status: str = "done", recipe: str = "10 epochs") -> TrainedRun:
    return TrainedRun(f"r{number}", "net", "key", recipe, seed, status, best, None if best is None else best - 0.01)


def test_mean_and_spread_over_seeds() -> None:
    (group,) = grouped([run(1, 0, 0.80), run(2, 1, 0.82), run(3, 2, 0.87)])
    best, final = group.accuracy("best"), group.accuracy("final")
    assert best is not None
    assert final is not None
    assert best.count == 3
    assert best.mean == pytest.approx((0.80 + 0.82 + 0.87) / 3)
    assert (best.least, best.most) == (0.80, 0.87)
    # the mean is 0.83: deviations -0.03, -0.01, 0.04
    assert best.deviation == pytest.approx(math.sqrt((0.03**2 + 0.01**2 + 0.04**2) / 2))
    assert final.mean == pytest.approx(best.mean - 0.01)


def test_a_seed_counts_once_and_only_runs_that_are_done() -> None:
    (group,) = grouped([run(1, 0, 0.81), run(2, 0, 0.79), run(3, 1, 0.5, "running"), run(4, 2, None, "failed")])
    assert [one.id for one in group.counted] == ["r1"]
    best = group.accuracy("best")
    assert best is not None
    assert (best.count, best.mean, best.deviation) == (1, 0.81, None)


def test_other_recipes_are_other_groups() -> None:
    groups = grouped([run(1, 0, 0.8), run(2, 0, 0.9, recipe="100 epochs"), run(3, 1, 0.7)])
    assert [(one.recipe, len(one.runs)) for one in groups] == [("10 epochs", 2), ("100 epochs", 1)]
    (waiting,) = grouped([run(5, 0, None, "queued")])
    assert waiting.accuracy("best") is None


def test_of_nothing_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="no value"):
        spread([])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_the_mean_lies_between_the_extremes(values: list[float]) -> None:
    found = spread(values)
    assert found.least - 1e-12 <= found.mean <= found.most + 1e-12
    assert (found.deviation is None) is (len(values) == 1)


def test_names_ids_and_labels_make_no_other_network() -> None:
    design = preset("bi-real-cifar")
    first = design.blocks[0]
    labelled = apply_edit(design, Update(block_id=first.id, changes={"label": "stem"}))
    renamed = apply_edit(labelled, UpdateDesign(changes={"name": "mine"}))
    data = renamed.model_dump(mode="json")
    data["blocks"][0]["id"] = "other"
    assert network_key(Design.from_data(data)) == network_key(design)
    wider = apply_edit(design, Update(block_id=first.id, changes={"filters": 48}))
    assert network_key(wider) != network_key(design)
    assert network_key(apply_edit(design, UpdateDesign(changes={"classes": 7}))) != network_key(design)
