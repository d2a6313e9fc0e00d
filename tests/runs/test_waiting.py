"""Places in the queue and waiting times: the fair order played to its end."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.runs.fair import Queue, Waiting
from bnn_designer.runs.waiting import HeldRun, Place, places

#: Ada queued three before Ben queued one; since the time 100 hers is held.
QUEUE = Queue(
    (*(Waiting(f"ada {n}", "ada", float(n)) for n in (1, 2, 3)), Waiting("ben 1", "ben", 9.0)), {"ada": 1}, {"ada": 0.0}
)
LENGTH_S = {"ada 1": 10.0, "ada 2": 20.0, "ada 3": 30.0, "ben 1": 40.0}


def test_turns_and_times_with_one_place() -> None:
    found = places(QUEUE, [HeldRun("ada 0", "ada", 5.0)], LENGTH_S, limit=1, now=100.0)
    # Ada is served until 105, so Ben is next, until 145; then nobody but Ada waits
    assert found == (
        Place("ben 1", 1, 5.0),
        Place("ada 1", 2, 5.0 + 40.0),
        Place("ada 2", 3, 5.0 + 40.0 + 10.0),
        Place("ada 3", 4, 5.0 + 40.0 + 10.0 + 20.0),
    )


def test_two_places() -> None:
    found = places(QUEUE, [HeldRun("ada 0", "ada", 5.0)], LENGTH_S, limit=2, now=100.0)
    # Ben has none and starts at once, until 140; Ada's go on beside it: 5, 5 + 10, 5 + 10 + 20
    assert found == (Place("ben 1", 1, 0.0), Place("ada 1", 2, 5.0), Place("ada 2", 3, 15.0), Place("ada 3", 4, 35.0))


def test_a_terminals_runs_beyond_the_limit_end_before_anything_starts() -> None:
    held = [HeldRun(f"held {left_s}", "cy", left_s) for left_s in (7.0, 3.0, 5.0)]
    assert places(QUEUE, held, LENGTH_S, limit=1, now=100.0)[0] == Place("ada 1", 1, 7.0)


@pytest.mark.parametrize(
    ("left_s", "length_s", "limit", "expected"),
    [
        (None, LENGTH_S, 1, [None, None, None, None]),  # what is held
        (5.0, LENGTH_S | {"ada 1": None}, 1, [5.0, 45.0, None, None]),  # what comes second
        (5.0, {}, 1, [5.0, None, None, None]),
        # Ben's may end at any time, also before the 5 s
        (5.0, LENGTH_S | {"ben 1": None}, 2, [0.0, None, None, None]),
    ],
)
def test_an_unknown_time_makes_what_comes_after_unknown_and_the_order_stays(
    left_s: float | None, length_s: Mapping[str, float | None], limit: int, expected: list[float | None]
) -> None:
    found = places(QUEUE, [HeldRun("ada 0", "ada", left_s)], length_s, limit, now=100.0)
    assert [place.run_id for place in found] == ["ben 1", "ada 1", "ada 2", "ada 3"]
    assert [place.wait_s for place in found] == expected


def test_people_take_turns_where_no_time_is_known() -> None:
    runs = [Waiting(f"{person} {n}", person, at + n) for person, at in (("ada", 0), ("ben", 3)) for n in (1, 2, 3)]
    found = places(Queue(tuple(runs), {}, {}), [], {}, limit=1, now=100.0)
    assert [place.run_id for place in found] == ["ada 1", "ben 1", "ada 2", "ben 2", "ada 3", "ben 3"]


def test_nobody_waits() -> None:
    assert places(Queue((), {}, {}), [HeldRun("one", "", None)], {}, limit=1, now=0.0) == ()


TIMES = st.none() | st.integers(0, 50).map(float)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), TIMES), max_size=12),
    st.lists(st.tuples(st.integers(0, 3), TIMES), max_size=4),
    st.integers(1, 3),
)
def test_laws(jobs: list[tuple[int, int, float | None]], taken: list[tuple[int, float | None]], limit: int) -> None:
    waiting = tuple(Waiting(f"{n:02}", f"person {person}", float(at)) for n, (person, at, _) in enumerate(jobs))
    length_s = {run.run_id: job[2] for run, job in zip(waiting, jobs, strict=True)}
    held = [HeldRun(f"held {n}", f"person {person}", left_s) for n, (person, left_s) in enumerate(taken)]
    found = places(Queue(waiting, {}, {}), held, length_s, limit, now=20.0)
    # each has one place, and nobody's own runs overtake each other
    assert [place.number for place in found] == list(range(1, len(waiting) + 1))
    number = {place.run_id: place.number for place in found}
    for person in {run.person for run in waiting}:
        own = sorted((run.queued_at, run.run_id) for run in waiting if run.person == person)
        assert [number[run_id] for _, run_id in own] == sorted(number[run_id] for _, run_id in own)
    # a later place never starts earlier, and what comes after an unknown time is unknown
    waits = [place.wait_s for place in found]
    known = [wait for wait in waits if wait is not None]
    assert waits == sorted(known) + [None] * (len(waits) - len(known))
    # so many start at once as there are places
    assert sum(wait == 0 for wait in waits) >= min(len(waits), limit - len(held))


def test_what_waits_for_another_starts_after_it_and_what_cannot_start_comes_last() -> None:
    waiting = (
        Waiting("student", "ada", 1.0, after="teacher"),
        Waiting("stuck", "ada", 2.0, after="paused"),
        Waiting("teacher", "ada", 3.0),
    )
    length_s = {"teacher": 10.0, "student": 20.0, "stuck": 5.0}
    found = places(Queue(waiting, {}, {}), [HeldRun("held", "ben", 7.0)], length_s, limit=2, now=100.0)
    # beside what is held the teacher starts at once; its student at 10, with both places free since 7
    assert found == (
        Place("teacher", 1, 0.0),
        Place("student", 2, 10.0, "teacher"),
        Place("stuck", 3, None, "paused"),
    )
    assert places(Queue(waiting[:1], {}, {}), [HeldRun("teacher", "ada", None)], {}, limit=9, now=0.0) == (
        Place("student", 1, None, "teacher"),
    )
