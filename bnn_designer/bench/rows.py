"""A result: one contender's times, a row of two contenders, and a summary of several rows.

Times are in ms, memory in MiB, what is sent in KiB; the rest is counted. The unit stands in the name of every key of
the JSON.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Unit = Literal["ms", "mib", "kib", "count"]
_UNITS: tuple[Unit, ...] = get_args(Unit)


@dataclass(frozen=True)
class Sample:
    """What one contender took.

    Attributes:
        name: who, and how it was set up.
        min, median: of all rounds, in `unit`.
        rounds: how many were measured; warm-up rounds are not among them.
        unit: of both.
    """

    name: str
    min: float
    median: float
    rounds: int
    unit: Unit = "ms"

    @classmethod
    def of(cls, name: str, values: Sequence[float], unit: Unit = "ms") -> Sample:
        """The sample of these values, one a round.

        Raises:
            ValueError: there are none, or one is not a positive number: what took no time was not measured.
        """
        if not values or not all(math.isfinite(value) and value > 0 for value in values):
            raise ValueError(f"{name}: {list(values)} are not the positive times of one or more rounds.")
        return cls(name, min(values), statistics.median(values), len(values), unit)

    def speed_text(self, macs: int) -> str:
        """At the least time, for so many multiply-adds: ``153 GMAC/s``."""
        return f"{macs / self.min / 1e6:.0f} GMAC/s"

    def to_data(self) -> dict[str, Any]:
        keys = {f"min_{self.unit}": self.min, f"median_{self.unit}": self.median}
        return {"name": self.name, **keys, "rounds": self.rounds}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Sample:
        unit = next(unit for unit in _UNITS if f"min_{unit}" in data)
        return cls(data["name"], data[f"min_{unit}"], data[f"median_{unit}"], data["rounds"], unit)


@dataclass(frozen=True)
class Missing:
    """A contender that is not here.

    Attributes:
        name: who.
        how: one or two sentences: why not, and how to get it.
    """

    name: str
    how: str

    def to_data(self) -> dict[str, Any]:
        return {"name": self.name, "missing": self.how}


Contender = Sample | Missing


def _contender(data: Mapping[str, Any]) -> Contender:
    return Missing(data["name"], data["missing"]) if "missing" in data else Sample.from_data(data)


Kind = Literal["at least", "at most", "at most ms", "median at most ms"]


@dataclass(frozen=True)
class Target:
    """What a row is held to.

    Attributes:
        value: the bound.
        kind: "at least" for how many times as fast we are, "at most" for our share of the peer's memory; "at most ms"
            for our own least time, "median at most ms" for our median one: what a person waits for.
    """

    value: float
    kind: Kind = "at least"

    @property
    def of_time(self) -> bool:
        """Whether it is a bound of our own time, whatever a peer takes."""
        return self.kind.endswith("ms")

    def met_by(self, figure: float) -> bool:
        return figure >= self.value if self.kind == "at least" else figure <= self.value

    def __str__(self) -> str:
        median = "median " if self.kind.startswith("median") else ""
        return f"{median}{'>=' if self.kind == 'at least' else '<='} {self.value:g}{' ms' if self.of_time else ''}"


_KINDS: dict[str, Kind] = {kind.replace(" ", "_"): kind for kind in get_args(Kind)}


def _target_data(target: Target | None) -> dict[str, Any] | None:
    return None if target is None else {target.kind.replace(" ", "_"): target.value}


def _target_of(data: Mapping[str, Any] | None) -> Target | None:
    if data is None:
        return None
    ((key, value),) = data.items()
    return Target(value, _KINDS[key])


@dataclass(frozen=True)
class Row:
    """We and one peer at one thing, or we alone.

    Attributes:
        what: the thing; ``--only`` looks for its text here.
        threads: for both.
        ours, peer: who took part; a peer of None: nobody else does this.
        target: of `ratio`, or of our own time; None where the row is for information.
        group: rows of one group are summed up by their geometric mean; "" for none.
        note: what a reader of the figures has to know besides.
    """

    what: str
    threads: int
    ours: Contender
    peer: Contender | None
    target: Target | None = None
    group: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Of the least values: peer / ours for times (how many times as fast we are), else ours / peer.

        None where one of the two is missing, or there is no peer.
        """
        return self._quotient("min")

    @property
    def median_ratio(self) -> float | None:
        """The same of the medians."""
        return self._quotient("median")

    def _quotient(self, field: Literal["min", "median"]) -> float | None:
        if not isinstance(self.ours, Sample) or not isinstance(self.peer, Sample):
            return None
        ours: float = getattr(self.ours, field)
        peer: float = getattr(self.peer, field)
        return peer / ours if self.ours.unit == "ms" else ours / peer

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one, or without the figure that it is of."""
        if self.target is None:
            return None
        figure = self._own_ms(self.target) if self.target.of_time else self.ratio
        return None if figure is None else self.target.met_by(figure)

    def _own_ms(self, target: Target) -> float | None:
        if not isinstance(self.ours, Sample):
            return None
        return self.ours.median if target.kind.startswith("median") else self.ours.min

    def to_data(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "threads": self.threads,
            "ours": self.ours.to_data(),
            "peer": None if self.peer is None else self.peer.to_data(),
            "ratio": self.ratio,
            "median_ratio": self.median_ratio,
            "target": _target_data(self.target),
            "met": self.met,
            "group": self.group,
            "note": self.note,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Row:
        ours, peer = _contender(data["ours"]), None if data["peer"] is None else _contender(data["peer"])
        target = _target_of(data["target"])
        return cls(data["what"], data["threads"], ours, peer, target, data["group"], data["note"])


@dataclass(frozen=True)
class Summary:
    """The geometric mean over the rows of one group at one number of threads.

    Attributes:
        group, threads: whose.
        rows: how many have a ratio; those without one are left out.
        ratio, median_ratio: geometric means.
        least_ratio: the smallest ratio of a row.
        target: of `ratio`, or None.
    """

    group: str
    threads: int
    rows: int
    ratio: float
    median_ratio: float
    least_ratio: float
    target: Target | None

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.target.met_by(self.ratio)

    def to_data(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "threads": self.threads,
            "rows": self.rows,
            "ratio": self.ratio,
            "median_ratio": self.median_ratio,
            "least_ratio": self.least_ratio,
            "target": _target_data(self.target),
            "met": self.met,
        }


def summarize(rows: Iterable[Row], targets: Mapping[str, Target]) -> list[Summary]:
    """A summary for each group and number of threads, in the order of their first rows.

    Args:
        rows: of any groups.
        targets: of the groups' geometric means, by group.
    """
    ratios: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for row in rows:
        if row.group and row.ratio is not None and row.median_ratio is not None:
            ratios.setdefault((row.group, row.threads), []).append((row.ratio, row.median_ratio))
    return [
        Summary(
            group,
            threads,
            len(pairs),
            statistics.geometric_mean(ratio for ratio, _ in pairs),
            statistics.geometric_mean(median for _, median in pairs),
            min(ratio for ratio, _ in pairs),
            targets.get(group),
        )
        for (group, threads), pairs in ratios.items()
    ]
