"""How often one person may ask a server for what costs it something: a token bucket for each person and action.

Limits from the environment, as those of :mod:`bnn_designer.runs.limits`; unset: no limit. The buckets are in this
process's memory: sessions and tabs share them, a second server process has its own, and a restart fills them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from bnn_designer.runs.limits import LimitError, LimitReached
from bnn_designer.units import counted


@dataclass(frozen=True)
class Rate:
    """So many at once (``burst``, at least 1), and then so many a minute."""

    burst: int
    per_minute: int


@dataclass(frozen=True)
class Action:
    """What a person asks for.

    Attributes:
        what: one of it, and several, for people.
        variable: of the environment, with the rate.
        for_a_class: the rate that ``compose.yaml`` sets, for a class of 30 on two cores.
    """

    what: tuple[str, str]
    variable: str
    for_a_class: Rate


ACTIONS: dict[str, Action] = {
    "export": Action(("export", "exports"), "BNN_RATE_EXPORTS", Rate(5, 2)),
    "job": Action(
        ("job that packs, times or looks inside", "jobs that pack, time or look inside"), "BNN_RATE_JOBS", Rate(10, 4)
    ),
    "search": Action(("search", "searches"), "BNN_RATE_SEARCHES", Rate(3, 1)),
    "join": Action(("join of a class", "joins of a class"), "BNN_RATE_JOINS", Rate(5, 2)),
    "upload": Action(("uploaded file", "uploaded files"), "BNN_RATE_UPLOADS", Rate(10, 6)),
    "link": Action(("design out of a link", "designs out of links"), "BNN_RATE_LINKS", Rate(20, 10)),
}

#: With so many buckets those that are full are forgotten, which is what they are from the beginning.
_MANY = 1000


class RateReached(LimitReached):
    """Somebody has asked too often: the limit, who set it, and how long to wait."""


def rate_set(action: str) -> Rate | None:
    """The rate of an action in the environment; None: it has no limit.

    Raises:
        LimitError: it cannot be read; names the variable.
    """
    variable = ACTIONS[action].variable
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    numbers = [part.strip() for part in text.split(",")]
    # int() takes what people do not call a number, such as 1_0
    if len(numbers) != 2 or not all(one.isascii() and one.isdecimal() and int(one) for one in numbers):
        raise LimitError(
            f"{variable}: {text!r} is not two whole numbers of at least 1. Set it to so many at once and so many a "
            "minute, such as 5, 2, or unset it for no limit."
        )
    return Rate(*map(int, numbers))


class Buckets:
    """How much each person has left of each action. May be asked by several threads.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        #: What is left, at which time, and of which rate.
        self._left: dict[tuple[str, str], tuple[float, float, Rate]] = {}
        self._look_at = _MANY

    def __len__(self) -> int:
        return len(self._left)

    def take(self, who: str, action: str, rate: Rate) -> float:
        """Takes one, if there is one.

        Returns:
            0, or the seconds until there will be one; then nothing was taken.
        """
        with self._lock:
            now = self._clock()
            left, at, _ = self._left.get((who, action), (float(rate.burst), now, rate))
            left = _filled(left, at, rate, now)
            if left < 1:
                self._left[who, action] = (left, now, rate)
                return (1 - left) * 60 / rate.per_minute
            self._left[who, action] = (left - 1, now, rate)
            self._forget_full(now)
            return 0.0

    def _forget_full(self, now: float) -> None:
        if len(self._left) < self._look_at:
            return
        self._left = {
            key: (left, at, rate)
            for key, (left, at, rate) in self._left.items()
            if _filled(left, at, rate, now) < rate.burst
        }
        self._look_at = max(_MANY, 2 * len(self._left))


def _filled(left: float, at: float, rate: Rate, now: float) -> float:
    return min(float(rate.burst), left + (now - at) * rate.per_minute / 60)


_BUCKETS = Buckets()


def ask(who: str, action: str, buckets: Buckets = _BUCKETS) -> None:
    """Lets somebody do something, or says how long they have to wait.

    Args:
        who: an account, a browser or a tab.
        action: one of :data:`ACTIONS`.
        buckets: those of this process.

    Raises:
        RateReached: they have done it too often.
        LimitError: the rate cannot be read.
    """
    rate = rate_set(action)
    if rate is None:
        return
    wait_s = buckets.take(who, action, rate)
    if wait_s:
        found = ACTIONS[action]
        raise RateReached(
            f"This server gives one person {counted(rate.burst, *found.what)} at once and then {rate.per_minute:,} a "
            f"minute (set by {found.variable} where the server was started). Try again in "
            f"{counted(ceil(wait_s), 'second')}."
        )
