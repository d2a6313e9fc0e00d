"""Charts of the memory over time: what is alive at each operator, and where it lies in the arena."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from bnn_designer.graph.liveness import Timeline
from bnn_designer.picture.memory import CATEGORIES, Held, life_category
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import MEMORY_COLORS, MEMORY_PATTERNS
from bnn_designer.units import bytes_text, precision_text, shape_text

EDGE = "#D55E00"  # seen on every fill, in light and in dark
_MOST_NAMES = 36
_LONGEST_NAME = 20
_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"


def live_chart(held: Sequence[Held], selected: str | None = None) -> go.Figure:
    """The bytes of each tensor at each operator, stacked by why they are there; the peak is marked."""
    figure = go.Figure()
    scale, unit = _scale(max((one.step.live_bytes for one in held), default=0))
    for category in CATEGORIES:
        mine = [one for one in held if one.category == category]
        if not mine:
            continue
        figure.add_bar(
            x=[one.step.index for one in mine],
            y=[one.span.size_bytes / scale for one in mine],
            width=1,
            name=category,
            legendgroup=category,
            showlegend=False,
            marker=_marker(category) | {"line": _edges([one.span.path for one in mine], selected, 0.5)},
            customdata=[
                [
                    escape(one.span.name),
                    f"{shape_text(one.span.shape)} of {precision_text(one.span.bits)}, {one.span.size_bytes:,} bytes"
                    f"<br>{category}{_block(one.span.path)}"
                    f"<br>while {escape(one.step.name)} runs: {one.step.live_bytes:,} bytes in total",
                    one.span.path,
                ]
                for one in mine
            ],
            hovertemplate=_HOVER,
        )
        _name_in_legend(figure, category, category)
    if held:
        peak = max((one.step for one in held), key=lambda step: step.live_bytes)
        figure.add_annotation(
            x=peak.index,
            y=peak.live_bytes / scale,
            text=f"peak {bytes_text(peak.live_bytes)}",
            showarrow=True,
            arrowhead=2,
            arrowcolor="#888888",
            ay=-24,
            # near an edge the text would leave the chart
            xanchor="left" if peak.index < 3 else "auto",
        )
    dress(figure, f"{unit} alive", height=360)
    figure.update_layout(barmode="stack", bargap=0)
    _name_operators(figure, _operators(held))
    return figure


def arena_chart(timeline: Timeline, selected: str | None = None) -> go.Figure:
    """Every tensor as a rectangle: from its first to its last operator, and from its offset to its end."""
    figure = go.Figure()
    scale, unit = _scale(timeline.arena_bytes)
    for category in CATEGORIES:
        mine = [span for span in timeline.spans if life_category(span) == category]
        if not mine:
            continue
        figure.add_bar(
            x=[(span.first + span.last) / 2 for span in mine],
            width=[span.last - span.first + 1 for span in mine],
            base=[span.offset / scale for span in mine],
            y=[span.size_bytes / scale for span in mine],
            name=_arena_name(category),
            legendgroup=category,
            showlegend=False,
            marker=_marker(category) | {"line": _edges([span.path for span in mine], selected, 1)},
            customdata=[
                [
                    escape(span.name),
                    f"{shape_text(span.shape)} of {precision_text(span.bits)}, {span.size_bytes:,} bytes"
                    f"{_block(span.path)}"
                    f"<br>bytes {span.offset:,} to {span.end:,} of the arena"
                    f"<br>from {escape(timeline.steps[span.first].name)} to "
                    f"{escape(timeline.steps[span.last].name)}",
                    span.path,
                ]
                for span in mine
            ],
            hovertemplate=_HOVER,
        )
        _name_in_legend(figure, category, _arena_name(category))
    figure.add_hline(
        y=timeline.arena_bytes / scale,
        line={"dash": "dash", "width": 1.5, "color": "#888888"},
        annotation_text=f"arena {bytes_text(timeline.arena_bytes)}",
        annotation_position="top right",
    )
    dress(figure, f"{unit} from the arena's start", height=400)
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_yaxes(range=[0, timeline.arena_bytes / scale * 1.1])
    _name_operators(figure, [step.name for step in timeline.steps])
    return figure


def _marker(category: str) -> dict[str, object]:
    pattern = {"shape": MEMORY_PATTERNS[category], "fillmode": "overlay", "fgcolor": "#5A4A00", "size": 6}
    return {"color": MEMORY_COLORS[category], "pattern": pattern}


def _arena_name(category: str) -> str:
    return "float" if category.startswith("float") else category


def _name_in_legend(figure: go.Figure, category: str, name: str) -> None:
    """A swatch of a bar of nothing: plotly would take the edge of the first real bar, selected or not."""
    figure.add_bar(
        x=[None],
        y=[None],
        name=name,
        legendgroup=category,
        marker=_marker(category) | {"line": {"width": 0.5, "color": "#FFFFFF"}},
        hoverinfo="skip",
    )


def _edges(paths: Sequence[str], selected: str | None, width: float) -> dict[str, list[object]]:
    """Thin white edges, and thick ones in the color of text for the tensors of the selected block."""
    mine = [selected is not None and path.rpartition("/")[2] == selected for path in paths]
    return {"width": [3 if one else width for one in mine], "color": [EDGE if one else "#FFFFFF" for one in mine]}


def _scale(size_bytes: int) -> tuple[int, str]:
    """The unit of an axis that reaches so far."""
    return (1024**2, "MiB") if size_bytes >= 2 * 1024**2 else (1024, "KiB")


def _short(name: str) -> str:
    """A name whose end and beginning can be seen: the hover has all of it."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 9]}…{name[-8:]}"


def _block(path: str) -> str:
    return f"<br>block {escape(path)}" if path else ""


def _operators(held: Sequence[Held]) -> list[str]:
    names = {one.step.index: one.step.name for one in held}
    return [names[index] for index in sorted(names)]


def _name_operators(figure: go.Figure, names: Sequence[str]) -> None:
    """Names below the chart, of as many operators as there is room for."""
    step = max(1, -(-len(names) // _MOST_NAMES))
    shown = range(0, len(names), step)
    figure.update_xaxes(
        tickvals=list(shown),
        ticktext=[_short(names[index]) for index in shown],
        tickangle=-50,
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
    )
