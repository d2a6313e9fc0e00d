"""The scoreboard of the budget puzzle: how much of its front each member of a class has found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bnn_designer.lessons.budget_puzzle import code_of, front
from bnn_designer.runs.classes import Member


@dataclass(frozen=True)
class Score:
    """One member's.

    Attributes:
        place: 1 for the best; those with the same score share one.
        found: choices on the front.
        kept: all choices on their board.
    """

    place: int
    nickname: str
    found: int
    kept: int


def scores(members: Iterable[Member]) -> tuple[Score, ...]:
    """Those who have kept a choice: who found most of the front first; of those, who kept fewest beside it.

    The front is worked out when this is first called, in a second or two.
    """
    best = {code_of(one.layers) for one in front()}
    played = [(len(best.intersection(one.puzzle)), len(one.puzzle), one.nickname) for one in members if one.puzzle]
    ranked = sorted(played, key=lambda one: (-one[0], one[1], one[2]))
    scored = [(found, kept) for found, kept, _ in ranked]
    return tuple(Score(scored.index((found, kept)) + 1, name, found, kept) for found, kept, name in ranked)
