"""Proposals follow from what was tried; what is over budget is never trained, and nothing is trained twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bnn_designer.compare.freedom import Point
from bnn_designer.design.presets import preset
from bnn_designer.search.definition import Limit, Search
from bnn_designer.search.loop import MOST_FAILED, Amount, explore
from bnn_designer.search.proposals import propose
from bnn_designer.search.training import TimeIsUp, Trained
from bnn_designer.search.trials import Trial, priced
from bnn_designer.training.recipe import Recipe

DESIGN = preset("binarynet")  # 574.5 KiB of RAM, 6.5 ms


def search_of(seed: int, ram_bytes: int = 500_000) -> Search:
    return Search(DESIGN, Recipe(seed=seed), (Limit("arena_bytes", ram_bytes), Limit("latency_pixel_1_ms", 7.0)))


class Trainer:
    """Stands for the queue: accuracies that follow from the point, every fifth run failing, every third pruned."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.points: list[Point] = []

    def __call__(self, trial: Trial, before: Sequence[Trial]) -> Trained:
        self.points.append(trial.point)
        assert priced(self.search, trial.point).trial is None, "a network over budget is to be trained"
        number = int.from_bytes(hashlib.sha256(json.dumps(trial.point).encode()).digest()[:4], "little")
        state = "failed" if number % 5 == 0 else "pruned" if number % 3 == 0 else "done"
        return Trained(state, f"{number:08x}", None if state == "failed" else number % 1000 / 1000)  # type: ignore[arg-type]


def explored(search: Search, count: int, trials: list[Trial]) -> tuple[str, Trainer]:
    trainer = Trainer(search)
    why = explore(search, trials, Amount(count, None), None, trainer, lambda: None, lambda text: None)
    return why, trainer


@settings(max_examples=2, phases=[Phase.generate])
@given(st.integers(0, 2**31 - 1), st.integers(1, 9))
def test_stopped_and_gone_on_with_it_proposes_the_same(seed: int, stop: int) -> None:
    search, through, parts = search_of(seed), [], []
    explored(search, 10, through)
    explored(search, stop, parts)
    again = [Trial.from_data(one) for one in json.loads(json.dumps([one.to_data() for one in parts]))]
    explored(search, 10, again)
    assert again == through
    points = [tuple(one.point.items()) for one in through]
    assert len(set(points)) == len(points)
    for one in through:
        is_over = any(limit.over(one.figures) > 0 for limit in search.limits if one.figures)
        assert (one.state == "over") == is_over


def test_the_design_itself_is_first_and_another_seed_proposes_others() -> None:
    searches = [search_of(seed, 10**9) for seed in (0, 1)]
    assert propose(searches[0], []) == searches[0].space.own
    first = Trial(searches[0].space.own, "done", {"arena_bytes": 1, "latency_pixel_1_ms": 1.0}, 0.5)
    assert propose(searches[0], [first]) != propose(searches[1], [first])


def test_where_nothing_fits_it_ends_and_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnn_designer.search.loop.MOST_UNTRAINED", 15)
    trials: list[Trial] = []
    why, trainer = explored(search_of(0, 1000), 3, trials)
    assert "15 proposals in a row were over budget" in why
    assert (len(trials), trainer.points) == (15, [])


def test_it_ends_when_all_is_tried_when_runs_fail_and_when_time_is_up() -> None:
    search = search_of(0, 10**9)
    figures: dict[str, int | float] = {"arena_bytes": 1, "latency_pixel_1_ms": 1.0}
    failed = [
        Trial(search.space.own | {"shortcuts": value}, "failed", figures, reason="The disk is full.")
        for value in ("as-is", "two", "one")[:MOST_FAILED]
    ]
    why, _ = explored(search, 5, failed)
    assert why == "3 runs in a row failed. The last one: The disk is full. Mend this first."

    def slow(trial: Trial, before: Sequence[Trial]) -> Trained:
        raise TimeIsUp

    trials: list[Trial] = []
    said: list[str] = []
    assert explore(search, trials, Amount(None, 1.0), None, slow, lambda: None, said.append).startswith(
        "The time is up"
    )
    assert trials == []
    assert said == [f"Trial 1: as it is ({search.figures_text(priced(search, search.space.own).figures)})"]
    assert explore(search, trials, Amount(None, 1.0), 0.0, slow, lambda: None, said.append).startswith("The time is up")
