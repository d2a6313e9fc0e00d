"""Token buckets, by arithmetic on a clock that the test sets, and their settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.runs.limits import LimitError
from bnn_designer.runs.rates import ACTIONS, Buckets, Rate, RateReached, ask, rate_set

RATE = Rate(burst=3, per_minute=2)  # one more every 30 s


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_one_every_half_minute() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    assert [buckets.take("ada", "export", RATE) for _ in range(4)] == [0, 0, 0, 30]
    clock.now += 12
    assert buckets.take("ada", "export", RATE) == pytest.approx(30 - 12)
    clock.now += 18
    assert [buckets.take("ada", "export", RATE) for _ in range(2)] == [0, 30]
    clock.now += 3600  # an hour fills it up to its burst, and no further
    assert [buckets.take("ada", "export", RATE) for _ in range(4)] == [0, 0, 0, 30]


def test_people_and_actions_have_buckets_of_their_own() -> None:
    buckets = Buckets(Clock())
    one = Rate(1, 1)
    assert [buckets.take(who, action, one) for who in ("ada", "ben") for action in ("export", "link")] == [0] * 4
    assert buckets.take("ada", "link", one) == 60


@given(st.lists(st.floats(0, 100), max_size=40), st.integers(1, 5), st.integers(1, 60))
def test_nobody_gets_more_than_the_burst_and_what_the_time_gave(
    steps: list[float], burst: int, per_minute: int
) -> None:
    clock = Clock()
    buckets, rate, granted = Buckets(clock), Rate(burst, per_minute), 0
    for step in steps:
        clock.now += step
        wait_s = buckets.take("ada", "export", rate)
        assert 0 <= wait_s <= 60 / per_minute
        granted += wait_s == 0
    assert granted <= burst + sum(steps) * per_minute / 60 + 1e-6


def test_full_buckets_are_forgotten() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    for number in range(999):
        buckets.take(f"browser {number}", "link", RATE)
    clock.now += 30  # each has its one back
    buckets.take("ada", "link", RATE)
    assert len(buckets) == 1


def test_a_refusal_names_the_limit_and_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = Buckets(Clock())
    monkeypatch.delenv("BNN_RATE_EXPORTS", raising=False)
    for _ in range(100):
        ask("ada", "export", buckets)  # unset: no limit
    monkeypatch.setenv("BNN_RATE_EXPORTS", "2, 7")
    ask("ada", "export", buckets)
    ask("ada", "export", buckets)
    with pytest.raises(RateReached) as refused:
        ask("ada", "export", buckets)
    assert str(refused.value) == (
        "This server gives one person 2 exports at once and then 7 a minute (set by BNN_RATE_EXPORTS where the server "
        "was started). Try again in 9 seconds."  # 60 / 7 = 8.57
    )


@pytest.mark.parametrize("text", ["5", "5, 0", "0, 5", "a, b", "1_0, 2", "5, 2, 1", "-1, 2", "1.5, 2"])
def test_what_is_no_rate_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_RATE_LINKS", text)
    with pytest.raises(LimitError, match=r"^BNN_RATE_LINKS: "):
        rate_set("link")


def test_variables_are_as_many_as_actions() -> None:
    assert len({action.variable for action in ACTIONS.values()}) == len(ACTIONS)
