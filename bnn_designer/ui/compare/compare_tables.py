"""Variants and differences of designs as plain values: texts of figures, tables and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

import pandas as pd
import plotly.graph_objects as go

from bnn_designer.compare import (
    FIGURES,
    BlockDiff,
    DesignDiff,
    Figure,
    Outcome,
    Totals,
    Unknown,
    WhatIf,
    figure_text,
    what_if,
)
from bnn_designer.design import Design
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS
from bnn_designer.units import UNKNOWN


@lru_cache(maxsize=16)
def variants(design: Design) -> WhatIf:
    """Every variant of a design with its costs; kept for the next run of the page.

    Raises:
        DesignError: the design itself cannot be lowered.
    """
    return what_if(design)


def difference_cells(outcome: Outcome) -> list[tuple[str, str]]:
    """For each figure the difference to the design, and in full what it is then; dashes where there is none."""
    if outcome.totals is None or outcome.difference is None:
        return [(UNKNOWN, outcome.reason)] * len(FIGURES)
    return [
        (
            figure_text(figure, outcome.difference[figure.name], signed=True),
            f"{figure.title}: {exact_figure_text(figure, outcome.totals[figure.name])}",
        )
        for figure in FIGURES
    ]


def exact_figure_text(figure: Figure, number: float | Unknown) -> str:
    """Every digit, with the unit; why there is none where it is unknown."""
    return number.reason if isinstance(number, Unknown) else f"{round(number):,} {figure.unit}"


def cells_html(cells: Sequence[tuple[str, str]], head: bool = False) -> str:
    """Texts in columns of one width, each with what a hover says; one grid for every row of a list."""
    spans = "".join(
        f'<span style="text-align:right" title="{escape(hover, quote=True)}">{escape(text)}</span>'
        for text, hover in cells
    )
    return (
        f'<div style="display:grid;grid-template-columns:repeat({len(cells)},1fr);gap:.6em;font-size:.8rem;'
        f'font-variant-numeric:tabular-nums;white-space:nowrap;{"opacity:.7" if head else ""}">{spans}</div>'
    )


def variant_chart(found: WhatIf, figure: Figure) -> go.Figure:
    """One figure of the design and of each variant that changes the network, the design's as a line."""
    shown = [one for one in found.outcomes if one.state == "changed" and one.totals is not None]
    rows = [
        (f"{one.variant.group}: {one.variant.title}", number)
        for one in shown
        if one.totals is not None and not isinstance(number := one.totals[figure.name], Unknown)
    ]
    base = found.totals[figure.name]
    chart = go.Figure()
    scale = 1024 if figure.unit == "bytes" else 1e6
    chart.add_bar(
        y=[name for name, _ in rows],
        x=[number / scale for _, number in rows],
        orientation="h",
        marker={"color": [_color(number, base) for _, number in rows]},
        customdata=[[f"{round(number):,} {figure.unit}"] for _, number in rows],
        hovertemplate="%{y}<br>%{customdata[0]}<extra></extra>",
        showlegend=False,
    )
    if not isinstance(base, Unknown):
        chart.add_vline(x=base / scale, line={"dash": "dash", "color": "#888888"}, opacity=1)
    dress(chart, "", height=90 + 26 * len(rows))
    unit = "KiB" if figure.unit == "bytes" else f"M {figure.unit}"
    chart.update_xaxes(title_text=f"{figure.title}, {unit} (dashed: this design)", rangemode="tozero")
    chart.update_yaxes(autorange="reversed", automargin=True)
    return chart


def _color(number: float, base: float | Unknown) -> str:
    """Blue for less than the design, orange for more; the line says which side a bar is on without colors."""
    return CURVE_COLORS[0] if isinstance(base, Unknown) or number <= base else CURVE_COLORS[1]


def totals_table(found: DesignDiff) -> pd.DataFrame:
    """Every total of both designs and the difference, as texts."""
    return pd.DataFrame(
        [
            {
                "figure": figure.title,
                "first": figure_text(figure, found.totals_before[figure.name]),
                "second": figure_text(figure, found.totals_after[figure.name]),
                "difference": figure_text(figure, found.totals_difference[figure.name], signed=True),
            }
            for figure in FIGURES
        ]
    )


_BLOCK_FIGURES = ("larq_bytes", "weight_bytes", "macs")
_BYTES = next(figure for figure in FIGURES if figure.name == "larq_bytes")
_MACS = next(figure for figure in FIGURES if figure.name == "macs")


def block_table(found: DesignDiff, only_changed: bool) -> pd.DataFrame:
    """The blocks of both designs beside each other: what became of each, field by field, and what that costs."""
    rows = [
        {
            "first": block.path_before or UNKNOWN,
            "second": block.path_after or UNKNOWN,
            "what": ", ".join(block.states) or "same",
            "fields": changes_text(block),
            "weights (Larq)": _cost(_BYTES, block.costs, "larq_bytes"),
            "constants (deployed)": _cost(_BYTES, block.costs, "weight_bytes"),
            "MACs": _cost(_MACS, block.costs, "macs"),
        }
        for block in found.blocks
        if not only_changed or differs(block)
    ]
    columns = ["first", "second", "what", "fields", "weights (Larq)", "constants (deployed)", "MACs"]
    return pd.DataFrame(rows, columns=columns)


def differs(block: BlockDiff) -> bool:
    """Whether a block is another one, or costs something else: blocks inside a repetition that runs more often do."""
    return bool(block.states) or any(isinstance(cost, Unknown) or cost != 0 for cost in block.costs.values())


def changes_text(block: BlockDiff) -> str:
    """``filters: 64 to 128; strides: [1, 1] to [2, 2]``."""
    return "; ".join(f"{change.field}: {change.before} to {change.after}" for change in block.changes)


def _cost(figure: Figure, costs: Totals, name: str) -> str:
    return figure_text(figure, costs[name], signed=True)
