"""Every figure of a design, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bnn_designer.compare import ALL_FIGURES, Totals, Unknown, totals
from bnn_designer.cost import CostReport
from bnn_designer.cost.latency.calibration import calibration_path
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.errors import DesignError


@dataclass(frozen=True)
class Known:
    """What is known of a design.

    Attributes:
        totals: every figure of :data:`bnn_designer.compare.ALL_FIGURES`; unknown where the design has an error.
        notes: what has to stand beside a figure, by its name; "" where nothing has.
        error: the design's first error.
    """

    totals: Totals
    notes: dict[str, str]
    error: DesignError | None


def report_of(design: Design) -> CostReport:
    """The cost report of a design, kept for the next run of the page.

    Raises:
        DesignError: it cannot be lowered.
    """
    found = figures(design)
    if found.report is None:
        raise found.error or DesignError(design.name, "it has no cost report", "Mend its blocks on the Design page")
    return found.report


def known(design: Design) -> Known:
    """The figures of a design. Never raises: of a design with an error all are unknown."""
    return _known(design, _calibrated())


@lru_cache(maxsize=256)
def _known(design: Design, calibrated: float) -> Known:
    found = figures(design)
    if found.report is None:
        reason = Unknown(f"not a network: {found.error}")
        return Known(dict.fromkeys((one.name for one in ALL_FIGURES), reason), {}, found.error)
    report = found.report
    return Known(totals(report, ALL_FIGURES), {one.name: one.note(report) for one in ALL_FIGURES}, None)


def _calibrated() -> float:
    """When this machine was last measured; the latency on it changes with that. 0: never."""
    try:
        return calibration_path().stat().st_mtime
    except OSError:
        return 0.0
