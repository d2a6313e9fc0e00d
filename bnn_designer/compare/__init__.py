"""Designs beside each other: variants of one made by edits, the difference of two, and what each costs. Pure Python."""

from bnn_designer.compare.diff import BlockDiff, DesignDiff, FieldChange, diff
from bnn_designer.compare.figures import FIGURES, Figure, Totals, Unknown, differences, figure_text, totals
from bnn_designer.compare.variants import VARIANTS, Variant
from bnn_designer.compare.what_if import Outcome, WhatIf, what_if

__all__ = [
    "FIGURES",
    "VARIANTS",
    "BlockDiff",
    "DesignDiff",
    "FieldChange",
    "Figure",
    "Outcome",
    "Totals",
    "Unknown",
    "Variant",
    "WhatIf",
    "diff",
    "differences",
    "figure_text",
    "totals",
    "what_if",
]
