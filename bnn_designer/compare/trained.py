"""What training runs say about designs: runs of one network with one recipe, together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bnn_designer.units import percent_text

#: Of the validation accuracy: in the best epoch, or after the last one.
Moment = Literal["best", "final"]


@dataclass(frozen=True)
class TrainedRun:
    """One training run, as far as comparing needs it.

    Attributes:
        id: the run's.
        name: of its design.
        network: see :func:`bnn_designer.compare.identity.network_key`.
        recipe: all settings but the seed, in words; runs with the same text differ by their seeds at most.
        seed: of weights, order and shifts.
        status: as the store has it, such as queued, running, done or interrupted.
        best: the best validation accuracy of an epoch so far, 0 to 1; None: no epoch has ended.
        final: that of the last epoch; None: no epoch has ended, or it was not read.
    """

    id: str
    name: str
    network: str
    recipe: str
    seed: int
    status: str
    best: float | None
    final: float | None = None

    def accuracy(self, moment: Moment) -> float | None:
        return self.best if moment == "best" else self.final


@dataclass(frozen=True)
class Spread:
    """Several values of one quantity.

    Attributes:
        deviation: the sample standard deviation, n - 1 in its denominator; None: there is only one value.
    """

    count: int
    mean: float
    least: float
    most: float
    deviation: float | None

    @property
    def deviation_text(self) -> str:
        """Of shares, in points of percent: ``± 0.4``; "" where there is only one value."""
        return "" if self.deviation is None else f"± {self.deviation * 100:.1f}"

    @property
    def text(self) -> str:
        """Of shares: the mean with the deviation, ``71.2 % ± 0.4``."""
        return f"{percent_text(self.mean)} {self.deviation_text}".rstrip()


def spread(values: Sequence[float]) -> Spread:
    """Mean and spread of at least one value.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("there is no value to take the mean of")
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    deviation = math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else None
    return Spread(len(values), mean, min(values), max(values), deviation)


@dataclass(frozen=True)
class TrainedGroup:
    """Runs of one network with one recipe, the newest first."""

    network: str
    recipe: str
    runs: tuple[TrainedRun, ...]

    @property
    def counted(self) -> tuple[TrainedRun, ...]:
        """The runs that the mean is taken over: those that are done, of each seed the newest.

        A seed decides the whole curve: a second run of it is the same one again, and says nothing of the spread.
        """
        of_seed: dict[int, TrainedRun] = {}
        for run in self.runs:
            if run.status == "done":
                of_seed.setdefault(run.seed, run)
        return tuple(of_seed.values())

    def accuracy(self, moment: Moment) -> Spread | None:
        """The validation accuracy of the runs counted; None where there is none."""
        values = [value for run in self.counted if (value := run.accuracy(moment)) is not None]
        return spread(values) if values else None


def grouped(runs: Iterable[TrainedRun]) -> tuple[TrainedGroup, ...]:
    """The runs by network and recipe, in the order in which the first of each comes."""
    found: dict[tuple[str, str], list[TrainedRun]] = {}
    for run in runs:
        found.setdefault((run.network, run.recipe), []).append(run)
    return tuple(TrainedGroup(network, recipe, tuple(members)) for (network, recipe), members in found.items())
