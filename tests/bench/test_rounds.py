"""Whose turn it is, and how many rounds there are."""

from __future__ import annotations

import itertools

import pytest

from bnn_designer.bench.request import BenchError, Request, processors, requests, thread_counts
from bnn_designer.bench.rounds import Pace, take_turns, timed


def test_every_contender_has_one_turn_a_round_and_the_order_moves_on() -> None:
    order: list[str] = []
    clock = itertools.count(1)

    def turn(name: str) -> float:
        order.append(name)
        return float(next(clock))

    names = ("a", "b", "c")
    times = take_turns({name: (lambda name=name: turn(name)) for name in names}, Pace(rounds=3, warm_up=1))
    assert order == ["a", "b", "c", *"abc", *"bca", *"cab"]  # a warm-up round, then three
    assert times == {"a": [4.0, 9.0, 11.0], "b": [5.0, 7.0, 12.0], "c": [6.0, 8.0, 10.0]}


def test_a_pace_holds_rounds_between_its_bounds() -> None:
    pace = Pace(seconds=2.0, least=5, most=8)
    assert pace.wants_more(4, seconds=100.0)  # never fewer
    assert not pace.wants_more(5, seconds=2.0)
    assert pace.wants_more(7, seconds=1.9)
    assert not pace.wants_more(8, seconds=0.1)  # never more
    assert Pace(rounds=9).wants_more(8, seconds=100.0)
    assert not Pace(rounds=9).wants_more(9, seconds=0.0)


def test_a_timed_turn_calls_once_and_takes_time() -> None:
    calls: list[int] = []
    assert timed(lambda: calls.append(1))() > 0
    assert calls == [1]


def test_threads_are_one_and_all_unless_told() -> None:
    assert thread_counts(None) == tuple(dict.fromkeys((1, processors())))
    assert thread_counts("all") == (processors(),)
    assert thread_counts("1") == (1,)


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", "", "100000"])
def test_other_threads_are_refused(threads: str) -> None:
    with pytest.raises(BenchError, match="processors here"):
        thread_counts(threads)


def test_a_request_sets_the_threads_of_every_library() -> None:
    environment = Request("conv", 2).environment()
    assert {environment[name] for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")} == {"2"}


def test_a_request_names_the_kernels_or_leaves_the_choice_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_KERNELS", "avx2")
    assert Request("conv", 1).environment()["BNN_KERNELS"] == "avx2"
    (request,) = requests("conv", (1,), None, "", "portable")
    assert request.environment()["BNN_KERNELS"] == "portable"


def test_training_is_measured_with_and_without_the_fixed_order() -> None:
    assert [one.deterministic for one in requests("train", (1, 2), None, "")] == [True, False, True, False]
    assert [one.threads for one in requests("conv", (1, 2), None, "")] == [1, 2]


def test_a_request_survives_its_json() -> None:
    request = Request("train", 2, 5, 'a "quoted" text', True, "avx2")
    assert Request.from_json(request.to_json()) == request


def test_lead_in_calls_do_not_count() -> None:
    clock = itertools.count(1)
    times = take_turns({"a": lambda: float(next(clock))}, Pace(rounds=2, warm_up=1, lead_in=2))
    assert times == {"a": [4.0, 7.0]}  # 1 warms up, 2 and 3 lead in, 5 and 6 again
