"""The totals that designs are compared by: one table from a figure's name to how it is read from a cost report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from bnn_designer.cost import CostReport, DeployedCost
from bnn_designer.units import bytes_text, count_text, ms_text

Number = int | float


@dataclass(frozen=True)
class Unknown:
    """The state of a figure that there is none of."""

    reason: str


@dataclass(frozen=True)
class Figure:
    """One total, of which less is better.

    Attributes:
        name: its key in data.
        title: its name in the tables of a terminal, which are narrow.
        unit: bytes, MACs, OPs, numbers or ms.
        read: the figure of a report.
        label: its name on a page; the title where none is given.
        help: what it is and by whose rules it is counted, in a sentence or two.
        note: what has to stand beside the figure of a report, such as the error of an estimate; "" where nothing has.
    """

    name: str
    title: str
    unit: Literal["bytes", "MACs", "OPs", "numbers", "ms"]
    read: Callable[[CostReport], Number | Unknown]
    label: str = ""
    help: str = ""
    note: Callable[[CostReport], str] = lambda report: ""

    @property
    def heading(self) -> str:
        """Its name on a page."""
        return self.label or self.title


def deployed_figure(attribute: str) -> Callable[[CostReport], Number | Unknown]:
    """Reads a figure of the deployed program; unknown where Larq Compute Engine cannot run the design."""

    def read(report: CostReport) -> Number | Unknown:
        deployed = report.deployed
        if isinstance(deployed, DeployedCost):
            number: Number = getattr(deployed, attribute)
            return number
        return Unknown(str(deployed))

    return read


#: In the order of tables.
FIGURES: tuple[Figure, ...] = (
    Figure(
        "weights",
        "weights",
        "numbers",
        lambda report: report.larq.params,
        "Parameters",
        "Numbers that are trained or kept with the network, whatever their width, as Larq counts them: batch norms "
        "included.",
    ),
    Figure(
        "larq_bytes",
        "weights (Larq)",
        "bytes",
        lambda report: report.memory_bytes,
        "Weight memory",
        "All parameters, each at its own width: a binary weight takes one bit. Published sizes follow this convention, "
        "which is Larq's.",
    ),
    Figure(
        "macs",
        "MACs",
        "MACs",
        lambda report: report.larq.macs,
        "MACs",
        "Multiply-accumulates (MACs) of one image, binary and float ones alike, as Larq counts them.",
    ),
    Figure(
        "file_bytes",
        "file",
        "bytes",
        deployed_figure("file_bytes"),
        "File",
        "Size of the .tflite file that Larq Compute Engine makes, within 1 %. It must fit in flash.",
    ),
    Figure(
        "arena_bytes",
        "arena",
        "bytes",
        deployed_figure("arena_bytes"),
        "RAM",
        "The arena: what TensorFlow Lite sets aside for the tensors between the layers, gaps of its planner included.",
    ),
    Figure(
        "ops",
        "OPs",
        "OPs",
        deployed_figure("ops"),
        "OPs",
        "Operations of one image as papers on binarized networks count them: binary MACs / 64 + float MACs.",
    ),
    Figure(
        "runtime_memory_bytes",
        "memory",
        "bytes",
        lambda report: report.timeline.live_lower_bound_bytes,
        "Peak memory",
        "The most bytes of tensors that are alive at once while one image runs. No planner can do with less RAM.",
    ),
    Figure(
        "training_memory_bytes",
        "training",
        "bytes",
        lambda report: report.training_memory.total_bytes,
        "Training memory",
        "RAM that training takes with batches of 50 images: weights, gradients, optimizer and kept tensors.",
    ),
)

Totals = dict[str, Number | Unknown]


def totals(report: CostReport, figures: Sequence[Figure] = FIGURES) -> Totals:
    """Figures of a design by name; ``weights`` and ``macs`` by Larq's convention, training for batches of 50."""
    return {figure.name: figure.read(report) for figure in figures}


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


#: How a unit is spelled; all others are counts. Latencies are estimates, with errors of 10 % and more: two digits.
_SPELLED: dict[str, Callable[[Number], str]] = {"bytes": bytes_text, "ms": partial(ms_text, digits=2)}


def figure_text(figure: Figure, number: Number | Unknown, *, signed: bool = False) -> str:
    """``1.26 MiB``, ``514.1 M``, ``-3.4 KiB``; ``unsupported`` where it is unknown."""
    if isinstance(number, Unknown):
        return number.reason.partition(":")[0]
    if signed and number == 0:
        return "="
    text = _SPELLED.get(figure.unit, count_text)(abs(number))
    sign = "-" if number < 0 else "+" if signed else ""
    return f"{sign}{text}"
