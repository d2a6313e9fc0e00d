"""The totals that designs are compared by: one table from a figure's name to how it is read from a cost report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bnn_designer.cost import CostReport, DeployedCost
from bnn_designer.units import bytes_text, count_text

Number = int | float


@dataclass(frozen=True)
class Unknown:
    """The state of a figure that there is none of."""

    reason: str


@dataclass(frozen=True)
class Figure:
    """One total.

    Attributes:
        name: its key in data.
        title: its name in tables.
        unit: bytes, MACs, OPs or numbers.
        read: the figure of a report.
    """

    name: str
    title: str
    unit: Literal["bytes", "MACs", "OPs", "numbers"]
    read: Callable[[CostReport], Number | Unknown]


def _deployed(attribute: str) -> Callable[[CostReport], Number | Unknown]:
    def read(report: CostReport) -> Number | Unknown:
        deployed = report.deployed
        if isinstance(deployed, DeployedCost):
            number: Number = getattr(deployed, attribute)
            return number
        return Unknown(str(deployed))

    return read


#: In the order of tables.
FIGURES: tuple[Figure, ...] = (
    Figure("weights", "weights", "numbers", lambda report: report.larq.params),
    Figure("larq_bytes", "weights (Larq)", "bytes", lambda report: report.memory_bytes),
    Figure("macs", "MACs", "MACs", lambda report: report.larq.macs),
    Figure("file_bytes", "file", "bytes", _deployed("file_bytes")),
    Figure("arena_bytes", "arena", "bytes", _deployed("arena_bytes")),
    Figure("ops", "OPs", "OPs", _deployed("ops")),
    Figure("runtime_memory_bytes", "memory", "bytes", lambda report: report.timeline.live_lower_bound_bytes),
    Figure("training_memory_bytes", "training", "bytes", lambda report: report.training_memory.total_bytes),
)

Totals = dict[str, Number | Unknown]


def totals(report: CostReport) -> Totals:
    """All figures of a design by name; ``weights`` and ``macs`` by Larq's convention, training for batches of 50."""
    return {figure.name: figure.read(report) for figure in FIGURES}


def differences(before: Totals, after: Totals) -> Totals:
    """After minus before, figure by figure; unknown where one of the two is."""
    found: Totals = {}
    for name, old in before.items():
        new = after[name]
        if isinstance(old, Unknown) or isinstance(new, Unknown):
            found[name] = new if isinstance(new, Unknown) else old
        else:
            found[name] = new - old
    return found


def totals_data(figures: Totals) -> dict[str, Any]:
    """As JSON: numbers, and ``{"state": "unknown", "reason": ...}``."""
    return {
        name: {"state": "unknown", "reason": one.reason} if isinstance(one, Unknown) else one
        for name, one in figures.items()
    }


def figure_text(figure: Figure, number: Number | Unknown, *, signed: bool = False) -> str:
    """``1.26 MiB``, ``514.1 M``, ``-3.4 KiB``; ``unsupported`` where it is unknown."""
    if isinstance(number, Unknown):
        return number.reason.partition(":")[0]
    if signed and number == 0:
        return "="
    text = bytes_text(abs(number)) if figure.unit == "bytes" else count_text(abs(number))
    sign = "-" if number < 0 else "+" if signed else ""
    return f"{sign}{text}"
