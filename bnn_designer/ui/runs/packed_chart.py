"""A picture of where the time of an image goes, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from bnn_designer.measuring.times import GroupTime
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import PRECISION_COLORS
from bnn_designer.units import count_text, ms_text, percent_text

#: More bars than this are no longer a picture; the table has all rows.
MOST_BARS = 40
_LONGEST_NAME = 34


@dataclass(frozen=True)
class Bar:
    """One bar: a layer with what is fused into it, or all the quick ones together."""

    name: str
    precision: str
    ms: float
    hover: str


def layer_bars(layers: Sequence[GroupTime], precisions: Mapping[str, str]) -> list[Bar]:
    """A bar a layer in running order; where they are too many, the slowest, and the rest as the last bar."""
    kept = sorted(range(len(layers)), key=lambda index: -layers[index].ms)
    if len(kept) > MOST_BARS:
        kept = kept[: MOST_BARS - 1]
    bars = [_bar(layers[index], precisions.get(layers[index].name, "none")) for index in sorted(kept)]
    rest = [row for index, row in enumerate(layers) if index not in set(kept)]
    if rest:
        ms = sum(row.ms for row in rest)
        names = f"{len(rest)} faster layers"
        bars.append(Bar(names, "none", ms, f"{ms_text(ms)} in all; the table lists each of them"))
    return bars


def layer_chart(bars: Sequence[Bar]) -> go.Figure:
    """Horizontal bars from the first layer, on top, to the last; colors say the precision, and so does the legend."""
    total = sum(bar.ms for bar in bars)
    micro = max((bar.ms for bar in bars), default=0.0) < 1
    figure = go.Figure()
    for precision, color in PRECISION_COLORS.items():
        mine = [bar for bar in bars if bar.precision == precision]
        if not mine:
            continue
        figure.add_bar(
            y=[_short(bar.name) for bar in mine],
            x=[bar.ms * (1e3 if micro else 1) for bar in mine],
            orientation="h",
            name="no weights" if precision == "none" else precision,
            marker={"color": color},
            text=[_share(bar.ms, total) for bar in mine],
            textposition="outside",
            cliponaxis=False,
            customdata=[[escape(bar.name), bar.hover] for bar in mine],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    dress(figure, "", height=110 + 23 * len(bars))
    figure.update_layout(barmode="overlay", bargap=0.25)
    figure.update_xaxes(title_text="µs per image" if micro else "ms per image", rangemode="tozero")
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=[_short(bar.name) for bar in bars],
        autorange="reversed",
        automargin=True,
        showgrid=False,
        dtick=1,
    )
    return figure


def _share(ms: float, total: float) -> str:
    share = ms / total if total else 0
    return percent_text(share, 0) if share >= 0.005 else "<1 %"


def _bar(row: GroupTime, precision: str) -> Bar:
    hover = f"{ms_text(row.ms)}, {row.kind.replace('_', ' ')}"
    if row.gmacs_per_second is not None:
        hover += f"<br>{count_text(row.macs)} MACs, {row.gmacs_per_second:.0f} GMAC/s"
    fused = [layer for layer in row.layers if layer != row.name]
    if fused:
        hover += f"<br>with {escape(', '.join(fused))}"
    return Bar(row.name, precision, row.ms, hover)


def _short(name: str) -> str:
    """Names are told apart by their beginning and end; the hover has all of it."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:16]}…{name[-17:]}"
