"""Contenders take turns: each round calls every one of them once, so that all see the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: One call of a contender: does the work once, and returns how many ms that took.
Turn = Callable[[], float]


@dataclass(frozen=True)
class Pace:
    """How many rounds are measured.

    Attributes:
        rounds: exactly so many; None: as many as `seconds` hold, but from `least` to `most`.
        seconds: for the rounds of one case.
        least, most: bounds of the number of rounds.
        warm_up: rounds before these that do not count: the first calls allocate, plan and trace.
        lead_in: calls before each that counts: those after them find their own data in the caches and their threads
            awake, as they do where nothing takes turns with them.
    """

    rounds: int | None = None
    seconds: float = 2.0
    least: int = 15
    most: int = 400
    warm_up: int = 2
    lead_in: int = 0

    def wants_more(self, done: int, seconds: float) -> bool:
        """Whether another round is due after so many rounds in so many seconds."""
        if self.rounds is not None:
            return done < self.rounds
        return done < self.least or (done < self.most and seconds < self.seconds)


def timed(call: Callable[[], Any]) -> Turn:
    """The turn of a contender that does not time itself."""

    def turn() -> float:
        start = time.perf_counter()
        call()
        return 1e3 * (time.perf_counter() - start)

    return turn


def take_turns(turns: Mapping[str, Turn], pace: Pace) -> dict[str, list[float]]:
    """ms of each contender, one value a round.

    The order moves on by one each round: whoever runs behind a contender that empties the caches is not always the
    same.
    """
    names = list(turns)
    for _ in range(pace.warm_up):
        for name in names:
            turns[name]()
    times: dict[str, list[float]] = {name: [] for name in names}
    start, done = time.perf_counter(), 0
    while pace.wants_more(done, time.perf_counter() - start):
        first = done % len(names)
        for name in (*names[first:], *names[:first]):
            for _ in range(pace.lead_in):
                turns[name]()
            times[name].append(turns[name]())
        done += 1
    return times
