"""The front, and what is held to the budgets before it is trained."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.compare.freedom import Point
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.search.definition import Limit, Search, SearchError
from bnn_designer.search.loop import Amount
from bnn_designer.search.results import Found
from bnn_designer.search.trials import Trial, dominates, front, priced
from bnn_designer.training.recipe import Recipe

LIMITS = (Limit("arena_bytes", 100), Limit("file_bytes", 100))


def trial(accuracy: float | None, arena: int, file: int, state: str = "done") -> Trial:
    point: Point = {"width": f"{accuracy} {arena} {file}"}
    return Trial(point, state, {"arena_bytes": arena, "file_bytes": file}, accuracy)  # type: ignore[arg-type]


def test_the_front_of_a_few() -> None:
    best, small = trial(0.9, 80, 80), trial(0.5, 10, 80)
    beaten = trial(0.8, 80, 90)  # less accurate than the best, and no smaller in either
    other_way = trial(0.5, 20, 20)  # as accurate as the small one: more RAM, a smaller file
    pruned = trial(0.95, 5, 5, "pruned")
    failed, over = trial(None, 1, 1, "failed"), trial(None, 200, 1, "over")
    assert front([beaten, small, pruned, best, failed, over, other_way], LIMITS) == (best, small, other_way)
    assert front([], LIMITS) == ()


@given(st.lists(st.builds(trial, st.sampled_from([0.1, 0.2, 0.3]), st.integers(1, 4), st.integers(1, 4)), max_size=20))
def test_none_of_the_front_beats_another_and_all_others_are_beaten(trials: list[Trial]) -> None:
    kept = front(trials, LIMITS)
    assert not any(dominates(one, other, LIMITS) for one in kept for other in kept)
    for one in trials:
        assert (one in kept) != any(dominates(other, one, LIMITS) for other in kept)


def test_a_proposal_over_budget_ends_before_it_is_trained(small_design: Design) -> None:
    figures = Search(small_design, Recipe(), LIMITS).totals_of(small_design)
    arena = figures["arena_bytes"]
    assert isinstance(arena, int)
    kept = Search(small_design, Recipe(), (Limit("arena_bytes", arena),))
    found = priced(kept, kept.space.own)
    assert found.trial is None
    assert found.design == small_design
    tight = Search(small_design, Recipe(), (Limit("arena_bytes", arena - 1),))
    found = priced(tight, tight.space.own)
    assert found.design is None
    assert found.trial is not None
    assert found.trial.state == "over"
    # by which share: one byte of the limit
    assert tight.limits[0].over(found.trial.figures) == pytest.approx(1 / (arena - 1))


def test_what_json_keeps(small_design: Design) -> None:
    search = Search(small_design, Recipe(seed=3), LIMITS)
    assert Search.from_json(search.to_json()) == search
    one = trial(0.5, 3, 4)
    assert Trial.from_data(json.loads(json.dumps(one.to_data()))) == one


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"design": 1, "recipe": {}, "limits": {}}'])
def test_a_definition_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BnnDesignerError):
        Search.from_json(text)


@pytest.mark.parametrize("data", [{}, {"point": 1, "state": "done", "figures": {}}, {"colour": "red"}])
def test_a_trial_that_cannot_be_read(data: dict[str, object]) -> None:
    with pytest.raises(SearchError, match="another --seed"):
        Trial.from_data(data)


def test_a_search_needs_a_budget_and_an_end(small_design: Design) -> None:
    with pytest.raises(SearchError, match="at least one of --budget-flash"):
        Search(small_design, Recipe(), ())
    with pytest.raises(SearchError, match="no network fits a budget of 0"):
        Search(small_design, Recipe(), (Limit("arena_bytes", 0),))
    for trials, hours, message in (
        (None, None, "Give --hours, --trials or both"),
        (0, None, "at least 1"),
        (None, float("nan"), "more than 0"),
        (1, -1.0, "more than 0"),
    ):
        with pytest.raises(SearchError, match=message):
            Amount(trials, hours)


def test_a_figure_that_is_not_known_cannot_be_a_budget(small_design: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_CACHE_DIR", "/nowhere")  # nothing is calibrated there
    with pytest.raises(SearchError, match=r"this machine is not known.*calibrate"):
        _ = Search(small_design, Recipe(), (Limit("latency_this_machine_ms", 5.0),)).space


def test_designs_of_the_front_have_names_and_files_of_their_own(small_design: Design) -> None:
    search = Search(small_design.model_copy(update={"name": "Small / net " + "x" * 68}), Recipe(), LIMITS)
    space = search.space
    wide = space.own | {"width.filters.8": "16"}
    figures: dict[str, int | float] = {"arena_bytes": 1, "file_bytes": 1}
    trials = (
        Trial(space.own, "over", {"arena_bytes": 200, "file_bytes": 1}),
        Trial(space.own | {"first-last": "binary"}, "failed", figures),
        Trial(wide, "done", figures, 0.5),
    )
    found = Found("0123abcd", search, trials)
    (one,) = found.front
    assert found.number(one) == 2  # of those that were trained
    assert found.changes(one) == "filters 8 to 16"
    assert found.file_name(one) == f"small-net-{'x' * 68}-0123abcd-2.json"
    assert Design.from_json(found.design(one).to_json()).name == f"Small / net {'x' * 59}, trial 2"
    assert found.to_data()["front"][0]["trial"] == 2
