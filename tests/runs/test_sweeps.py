"""Sets of runs in the store: queued together, once, however many ask at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from bnn_designer.design import Design
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.runs.sweeps import NewRun, add_sweep, note_trials, sweep, sweep_id, sweeps
from bnn_designer.training.recipe import Recipe


def test_of_several_that_ask_at_once_one_queues_all_runs(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    def missing(records: Sequence[RunRecord]) -> list[NewRun]:
        there = {record.recipe.seed for record in records}
        return [NewRun(small_design, quick_recipe.changed(seed=seed)) for seed in range(3) if seed not in there]

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: add_sweep(store, "sweep", "small", "{}", missing), range(4)))
    assert sorted(len(new) for _, new in made) == [0, 0, 0, 3]
    assert {key for key, _ in made} == {sweep_id("sweep", "{}")}
    assert {(run.sweep, run.status) for run in store.runs()} == {(sweep_id("sweep", "{}"), "queued")}


def test_nothing_is_kept_of_a_set_whose_runs_cannot_be_made(store: Store, small_design: Design) -> None:
    def missing(records: Sequence[RunRecord]) -> list[NewRun]:
        raise StoreError("no")

    with pytest.raises(StoreError, match="no"):
        add_sweep(store, "sweep", "small", "{}", missing)
    assert sweeps(store) == []


def test_kinds_are_told_apart_and_trials_are_kept(store: Store) -> None:
    key, _ = add_sweep(store, "search", "small", "{}")
    add_sweep(store, "sweep", "small", "{}")
    note_trials(store, key, [{"number": 0}])
    assert [one.kind for one in sweeps(store, "search")] == ["search"]
    assert sweep(store, key).trials == ({"number": 0},)
    assert len(sweeps(store)) == 2
