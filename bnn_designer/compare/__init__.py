"""Designs beside each other: variants of one made by edits, the difference of two, and what each costs. Pure Python."""

from bnn_designer.compare.diff import BlockDiff, DesignDiff, FieldChange, diff
from bnn_designer.compare.figures import FIGURES, Figure, Totals, Unknown, differences, figure_text, totals
from bnn_designer.compare.identity import network_key
from bnn_designer.compare.more_figures import ALL_FIGURES, FIGURES_BY_NAME
from bnn_designer.compare.pareto import Better, dominates, pareto_front
from bnn_designer.compare.structure import BlockCell, BlockRow, structure
from bnn_designer.compare.trained import Moment, Spread, TrainedGroup, TrainedRun, grouped, spread
from bnn_designer.compare.variants import VARIANTS, Variant
from bnn_designer.compare.what_if import Outcome, WhatIf, what_if

__all__ = [
    "ALL_FIGURES",
    "FIGURES",
    "FIGURES_BY_NAME",
    "VARIANTS",
    "Better",
    "BlockCell",
    "BlockDiff",
    "BlockRow",
    "DesignDiff",
    "FieldChange",
    "Figure",
    "Moment",
    "Outcome",
    "Spread",
    "Totals",
    "TrainedGroup",
    "TrainedRun",
    "Unknown",
    "Variant",
    "WhatIf",
    "diff",
    "differences",
    "dominates",
    "figure_text",
    "grouped",
    "network_key",
    "pareto_front",
    "spread",
    "structure",
    "totals",
    "what_if",
]
