"""How an axis is divided: its unit, its range and, on a logarithmic one, the numbers at its ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bnn_designer.ui.compare.points import Axis

#: Units of a figure with their sizes, the smallest first. Accuracies are shares, shown in percent.
_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "bytes": ((1, "bytes"), (1024, "KiB"), (1024**2, "MiB"), (1024**3, "GiB")),
    "ms": ((1, "ms"),),
}
_COUNTS = ((1, ""), (1e3, "thousand"), (1e6, "million"), (1e9, "billion"))
_MOST_TICKS = 9
#: Empty space around the points, as a share of what they span; more of it where the names stand.
_MARGIN, _ROOM = 0.06, 0.16


@dataclass(frozen=True)
class Scale:
    """One axis.

    Attributes:
        size: a figure is divided by it.
        title: what the axis shows, in which unit, and which way is better.
        low, high: the ends, in that unit.
        ticks: where the numbers stand; () leaves them to the chart.
    """

    size: float
    title: str
    logarithmic: bool
    low: float
    high: float
    ticks: tuple[float, ...]

    def of(self, number: float) -> float:
        """A figure in the axis' unit."""
        return number / self.size

    def place(self, number: float) -> float:
        """Where a figure stands along the axis: 0 at its beginning, 1 at its end."""
        low, value, high = (
            (math.log10(one) if self.logarithmic else one) for one in (self.low, self.of(number), self.high)
        )
        return (value - low) / (high - low)


def scale(axis: Axis, numbers: Sequence[float], logarithmic: bool) -> Scale:
    """The axis for some figures.

    Args:
        numbers: at least one; all positive where the axis is logarithmic, else it becomes a linear one.
    """
    logarithmic = logarithmic and min(numbers) > 0
    size, unit = _unit(axis, math.sqrt(min(numbers) * max(numbers)) if logarithmic else max(numbers))
    low, high = _ends([number / size for number in numbers], axis, logarithmic)
    title = f"{axis.label}{', ' + unit if unit else ''} ({axis.better} is better)"
    base = 2.0 if axis.figure is not None and axis.figure.unit == "bytes" else 10.0
    return Scale(size, title, logarithmic, low, high, log_ticks(low, high, base) if logarithmic else ())


def log_ticks(low: float, high: float, base: float) -> tuple[float, ...]:
    """Round numbers between two ends, not too many: powers of two, or 1, 2 and 5 times powers of ten."""
    if base == 2:
        steps: list[tuple[float, ...]] = [(1,)]
        powers = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    else:
        steps = [(1, 2, 5), (1, 3), (1,)]
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for each in steps:
        found = [base**power * step for power in powers for step in each]
        found = [tick for tick in found if low <= tick <= high]
        if len(found) <= _MOST_TICKS:
            return tuple(found)
    return tuple(found[:: -(-len(found) // _MOST_TICKS)])


def _unit(axis: Axis, typical: float) -> tuple[float, str]:
    """The largest unit that a typical figure has at least one of."""
    if axis.figure is None:
        return 0.01, "%"
    units = _UNITS.get(axis.figure.unit, _COUNTS)
    return next(((size, name) for size, name in reversed(units) if typical >= size), units[0])


def _ends(values: Sequence[float], axis: Axis, logarithmic: bool) -> tuple[float, float]:
    """Where the axis begins and ends; names stand on the side of the better figures."""
    low, high = (math.log10(one) if logarithmic else one for one in (min(values), max(values)))
    span = (high - low) or (abs(high) or 1) * 0.1
    better_is_less = axis.better == "less"
    begin = low - span * (_ROOM if better_is_less else _MARGIN)
    end = high + span * (_MARGIN if better_is_less else _ROOM)
    if logarithmic:
        return 10**begin, 10**end
    # costs begin at zero, so that twice as far is twice as much; accuracies lie close together, far from it
    return (0.0 if axis.figure is not None else max(0.0, begin)), end
