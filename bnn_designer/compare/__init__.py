"""Designs beside each other: the totals they are compared by, and the diff of two. Pure Python."""

from bnn_designer.compare.diff import BlockDiff, DesignDiff, FieldChange, diff
from bnn_designer.compare.figures import FIGURES, Figure, Totals, Unknown, differences, figure_text, totals

__all__ = [
    "FIGURES",
    "BlockDiff",
    "DesignDiff",
    "FieldChange",
    "Figure",
    "Totals",
    "Unknown",
    "diff",
    "differences",
    "figure_text",
    "totals",
]
