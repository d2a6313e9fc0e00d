"""Filters of runs: each part takes away, in whatever order they are asked."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design.presets import preset
from bnn_designer.runs.filtering import FACETS, NOT_YET, RunFilter, values_of
from bnn_designer.runs.known import UNREADABLE
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe


def _records() -> list[RunRecord]:
    """Runs that differ in all that filters ask for."""
    home = Path(tempfile.mkdtemp(prefix="bnn-filtering-"))
    store = Store(home=home, url=f"sqlite:///{home / 'runs.sqlite'}")
    made = [
        store.run(store.create_run(preset(name), Recipe(data=data, epochs=epochs)))
        for name, data, epochs in (("binarynet", "cifar10", 1), ("bi-real-cifar", "cifar10", 2), ("har-1d", "mnist", 1))
    ]
    first, second, third = made
    return [
        replace(first, status="done", tags=("old", "wide"), note="The one of\nFriday", engine_used="xnor", sweep="s1"),
        replace(second, status="failed", tags=("wide",), engine_used="float"),
        replace(third, sweep="s1"),
        replace(third, id="ffffffff", recipe_json="{"),
    ]


RUNS = _records()
FILTERS = st.builds(
    RunFilter,
    st.sampled_from(["", "net", "friday one", "wide", "nothing such"]),
    st.fixed_dictionaries(
        {name: st.lists(st.sampled_from([*values_of(RUNS, name), "none such"]), max_size=2) for name in FACETS}
    ).map(lambda chosen: tuple((name, tuple(values)) for name, values in chosen.items())),
)


@given(first=FILTERS, second=FILTERS)
def test_filters_commute_and_a_second_time_changes_nothing(first: RunFilter, second: RunFilter) -> None:
    assert first.of(second.of(RUNS)) == second.of(first.of(RUNS))
    assert first.of(first.of(RUNS)) == first.of(RUNS)
    assert first or first.of(RUNS) == RUNS


def found(words: str = "", **chosen: tuple[str, ...]) -> list[int]:
    return [RUNS.index(run) for run in RunFilter(words, tuple(chosen.items())).of(RUNS)]


@pytest.mark.parametrize(
    ("words", "chosen", "expected"),
    [
        ("", {}, [0, 1, 2, 3]),
        ("FRIDAY binary", {}, [0]),
        ("wide", {}, [0, 1]),
        ("", {"status": ("done", "failed")}, [0, 1]),
        ("", {"tag": ("wide",)}, [0, 1]),
        ("", {"tag": ("wide", "old")}, [0]),
        ("", {"data": ("MNIST",)}, [2]),
        ("", {"data": (UNREADABLE,)}, [3]),
        ("", {"engine": (NOT_YET,)}, [2, 3]),
        ("", {"engine": ("xnor",), "sweep": ("s1",)}, [0]),
        ("", {"recipe": ("2 epochs of 50,000 images",)}, [1]),
        ("wide", {"status": ("queued",)}, []),
    ],
    ids=str,
)
def test_what_each_part_lets_through(words: str, chosen: dict[str, tuple[str, ...]], expected: list[int]) -> None:
    assert found(words, **chosen) == expected


def test_a_run_is_found_by_its_id() -> None:
    assert found(RUNS[1].id) == [1]


def test_the_values_on_offer_are_those_that_runs_have() -> None:
    assert values_of(RUNS, "tag") == ("old", "wide")
    assert values_of(RUNS, "engine") == ("float", NOT_YET, "xnor")
    assert values_of(RUNS, "sweep") == ("s1",)
