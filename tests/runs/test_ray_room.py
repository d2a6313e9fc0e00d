"""For how many runs a cluster has room, between what its head knows and what it has given away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.runs.ray_room import TOLD_WITHIN_S, Granted, room


def test_cores_count_as_given_away_until_the_head_has_heard_of_them() -> None:
    granted = Granted()
    assert granted.untold(100.0) == 0
    granted.add(2, 100.0)
    granted.add(3, 101.0)
    assert granted.untold(100.0 + TOLD_WITHIN_S - 0.01) == 2 + 3
    # the head says now that the first two are not free
    assert granted.untold(100.0 + TOLD_WITHIN_S) == 3
    assert granted.untold(101.0 + TOLD_WITHIN_S) == 0


def test_a_run_that_was_placed_is_not_counted_as_room_before_the_head_knows() -> None:
    # two nodes of 4 cores, runs of 2; one run was just placed, and the head still says that 8 are free
    granted = Granted()
    granted.add(2, 50.0)
    assert room(1, 8, granted.untold(50.5), 2) == 1 + (8 - 2) // 2 == 4
    # later the head says 6, and nothing is taken off any more: the same
    assert room(1, 6, granted.untold(50.0 + TOLD_WITHIN_S), 2) == 4
    # without the margin a fifth run would be claimed that no node has a core for
    assert room(1, 8, 0, 2) == 5


def test_more_given_away_than_free_is_no_room_and_takes_none_from_those_held() -> None:
    assert room(3, 2, 5, 1) == 3
    assert room(3, 5, 0, 4) == 3 + 1  # the fifth core is of no use


@given(st.lists(st.tuples(st.integers(1, 8), st.floats(0, 100)), max_size=20), st.floats(0, 110))
def test_what_is_untold_is_what_was_given_away_within_the_margin(grants: list[tuple[int, float]], now_s: float) -> None:
    grants = sorted((grant for grant in grants if grant[1] <= now_s), key=lambda grant: grant[1])
    granted = Granted()
    for cores, at_s in grants:
        granted.add(cores, at_s)
        granted.untold(at_s)  # asking forgets nothing that still counts
    assert granted.untold(now_s) == sum(cores for cores, at_s in grants if now_s - at_s < TOLD_WITHIN_S)
