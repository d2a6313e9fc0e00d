"""A proposal in the queue: queued once, cancelled where it is behind, paused when time is up; others are left alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import update

from bnn_designer.design import Design
from bnn_designer.runs.database import RUNS
from bnn_designer.runs.store import Store
from bnn_designer.search.definition import Limit, Search
from bnn_designer.search.loop import Amount, go, start
from bnn_designer.search.training import TimeIsUp, Trained, train
from bnn_designer.search.trials import Trial
from bnn_designer.training.recipe import Recipe
from tests.search.test_pruning import curve


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose queue stands still: nothing here trains."""
    for module in ("search.training", "runs.actions", "runs.queue"):
        monkeypatch.setattr(f"bnn_designer.{module}.dispatch", lambda store: [])
    return Store(home=tmp_path)


@pytest.fixture
def search(small_design: Design) -> Search:
    return Search(small_design, Recipe(epochs=4, engine="float"), (Limit("arena_bytes", 30_000),))


def peer(store: Store, search: Search, seed: int, accuracies: list[float]) -> str:
    """A run with a curve that is done."""
    run_id = store.create_run(search.design, search.recipe.changed(seed=seed))
    for event in curve(accuracies):
        store.add_event(run_id, event)
    end(store, run_id, "done")
    return run_id


def end(store: Store, run_id: str, status: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(status=status, finished_at=1.0))


def trained(store: Store, search: Search, peers: list[str], ends_at: float | None = None) -> Trained:
    return train(store, search, search.design, peers, ends_at, lambda text: None)


def test_a_run_that_is_behind_is_cancelled(store: Store, search: Search) -> None:
    peers = [peer(store, search, seed, [0.6, 0.7, 0.8, 0.9]) for seed in (1, 2)]
    with pytest.raises(TimeIsUp):
        trained(store, search, peers, ends_at=0.0)
    (run_id,) = (run.id for run in store.runs() if run.sweep is not None)
    assert store.run(run_id).status == "paused"
    for event in curve([0.59, 0.3]):  # after the first epoch it is with the others, after the second 11 points behind
        store.add_event(run_id, event)
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(status="queued"))
    came = trained(store, search, peers)
    assert (came.state, came.run, came.accuracy, came.epochs) == ("pruned", run_id, 0.59, 2)
    assert came.reason == "59.0 % after epoch 2, where the middle one of those that cost no more had 70.0 %"
    assert store.run(run_id).status == "cancelled"
    # a search that died before it noted that notes it now, and does not train it again
    assert trained(store, search, peers) == came


def test_a_run_that_is_there_is_taken_and_not_touched(store: Store, search: Search) -> None:
    there = store.create_run(search.design, search.recipe)
    with pytest.raises(TimeIsUp):
        trained(store, search, [], ends_at=time.monotonic())
    assert store.run(there).status == "queued"
    for event in curve([0.1, 0.1, 0.1, 0.25]):
        store.add_event(there, event)
    end(store, there, "done")
    assert trained(store, search, []) == Trained("done", there, 0.25)
    assert len(store.runs()) == 1


def test_a_run_that_fails_says_why(store: Store, search: Search) -> None:
    there = store.create_run(search.design, search.recipe)
    end(store, there, "failed")
    assert trained(store, search, []).state == "failed"


def test_what_was_tried_is_in_the_store_whatever_ends_it(
    store: Store, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, tried = start(store, search)
    assert tried == []

    def explore(search: Search, trials: list[Trial], *rest: object) -> str:
        trials.append(one)
        raise KeyboardInterrupt

    one = Trial(search.space.own, "done", {"arena_bytes": 21_248}, 0.5, "0123abcd")
    monkeypatch.setattr("bnn_designer.search.loop.explore", explore)
    with pytest.raises(KeyboardInterrupt):
        go(store, key, search, tried, Amount(1, None), lambda text: None)
    assert start(store, search) == (key, [one])
