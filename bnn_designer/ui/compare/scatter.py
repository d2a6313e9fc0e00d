"""Points of two figures as a chart and as a table, with the Pareto front drawn and named."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from bnn_designer.ui.compare.points import KINDS, Axis, Kind, Point, Value, beaten_by
from bnn_designer.ui.compare.table.values import Cell, Column, Row, Sheet
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.look import CURVE_COLORS

#: The form tells what a point is, as the legend says in words; the color only repeats it.
_SYMBOLS: dict[Kind, str] = {
    "published": "diamond-open",
    "trained": "circle",
    "design": "square",
    "variant": "triangle-up-open",
}
_COLORS: dict[Kind, str] = {
    "published": CURVE_COLORS[7],
    "trained": CURVE_COLORS[0],
    "design": CURVE_COLORS[2],
    "variant": CURVE_COLORS[3],
}
_FRONT_COLOR = CURVE_COLORS[5]
#: Units in which an axis counts; a logarithmic axis has ticks at round numbers of them.
_SCALES = {"bytes": (1024.0, "KiB"), "MACs": (1e6, "million"), "OPs": (1e6, "million"), "ms": (1.0, "ms")}
#: Where no point of better figures can be, there is room for a name.
_ROOM = {
    ("less", "more"): "top left",
    ("less", "less"): "bottom left",
    ("more", "less"): "bottom right",
    ("more", "more"): "top right",
}


def scatter_chart(
    found: Sequence[Point], front: Sequence[int], x: Axis, y: Axis, logarithmic: tuple[bool, bool]
) -> go.Figure:
    """The chart.

    Args:
        front: indices of the points on the Pareto front, in its order; the line is drawn along it.
        logarithmic: whether the horizontal and the vertical axis are.
    """
    chart = go.Figure()
    _draw_front(chart, [found[index] for index in front], x, y)
    for kind, title in KINDS.items():
        shown = [index for index, point in enumerate(found) if point.candidate.kind == kind]
        if shown:
            _draw_kind(chart, kind, title, [(found[index], index in front) for index in shown], x, y)
    dress(chart, _title(y), height=520)
    chart.update_xaxes(title_text=_title(x), zeroline=False, **_axis(x, logarithmic[0]))
    chart.update_yaxes(zeroline=False, **_axis(y, logarithmic[1]))
    return chart


def points_sheet(found: Sequence[Point], front: Sequence[int], x: Axis, y: Axis) -> Sheet:
    """The same points as a table: what each is, both figures, and whether it is on the front."""
    beaten = beaten_by(found, front, x, y)
    rows = tuple(
        Row(
            f"point{index}",
            point.candidate.name,
            (
                Cell(KINDS[point.candidate.kind], point.candidate.note, sort=KINDS[point.candidate.kind], start=True),
                Cell(point.x.text, hover=point.candidate.source, sort=point.x.number),
                Cell(point.y.text, hover=point.candidate.source, sort=point.y.number),
                Cell("on the front", tone="strong", sort=0, start=True)
                if index in front
                else Cell(f"beaten by {found[beaten[index]].candidate.name}", tone="same", sort=1, start=True),
            ),
            strong=index in front,
        )
        for index, point in enumerate(found)
    )
    columns = (
        Column("name", "Design", start=True),
        Column("kind", "What it is", start=True),
        Column("x", x.label, x.help),
        Column("y", y.label, y.help),
        Column("front", "Pareto front", "No design on the front is beaten in both figures by another.", start=True),
    )
    return Sheet("Designs", columns, rows, sortable=True)


def _draw_front(chart: go.Figure, line: Sequence[Point], x: Axis, y: Axis) -> None:
    if not line:
        return
    chart.add_scatter(
        x=[_scaled(x, point.x.number) for point in line],
        y=[_scaled(y, point.y.number) for point in line],
        name=f"Pareto front ({len(line)})",
        mode="lines+text",
        text=[escape(point.candidate.name) for point in line],
        textposition=_ROOM[x.better, y.better],
        textfont={"size": 12},
        # from one point to the next nothing better is known than the first: a staircase
        line={"shape": "hv", "color": _FRONT_COLOR, "width": 2, "dash": "dash"},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _draw_kind(chart: go.Figure, kind: Kind, title: str, shown: Sequence[tuple[Point, bool]], x: Axis, y: Axis) -> None:
    chart.add_scatter(
        x=[_scaled(x, point.x.number) for point, _ in shown],
        y=[_scaled(y, point.y.number) for point, _ in shown],
        error_x=_bars(x, [point.x for point, _ in shown]),
        error_y=_bars(y, [point.y for point, _ in shown]),
        name=title,
        mode="markers",
        marker={
            "symbol": _SYMBOLS[kind],
            "color": _COLORS[kind],
            "size": [13 if on_front else 10 for _, on_front in shown],
            "line": {"width": 2, "color": _COLORS[kind]},
        },
        customdata=[
            [escape(point.candidate.name), escape(point.candidate.note), escape(point.x.text), escape(point.y.text)]
            for point, _ in shown
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>"
        f"{escape(x.label)}: %{{customdata[2]}}<br>{escape(y.label)}: %{{customdata[3]}}<extra></extra>",
    )


def _bars(axis: Axis, values: Sequence[Value]) -> dict[str, object] | None:
    """From the least to the highest seed; None where no value has any spread."""
    spans = [(value.number, value.low, value.high) for value in values]
    if all(low == high for _, low, high in spans):
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [_scaled(axis, high - number) for number, _, high in spans],
        "arrayminus": [_scaled(axis, number - low) for number, low, _ in spans],
    }


def _scaled(axis: Axis, number: float) -> float:
    if axis.figure is None:
        return 100 * number
    return number / _SCALES.get(axis.figure.unit, (1e6, ""))[0]


def _title(axis: Axis) -> str:
    if axis.figure is None:
        return f"{axis.label}, %: more is better"
    unit = _SCALES.get(axis.figure.unit, (1e6, "million"))[1]
    return f"{axis.label}, {unit}: less is better"


def _axis(axis: Axis, logarithmic: bool) -> dict[str, object]:
    if logarithmic:
        return {"type": "log", "dtick": "D2", "rangemode": "normal"}
    # accuracies lie close together, far from zero; costs start there, so that twice as far is twice as much
    return {"type": "linear", "rangemode": "normal" if axis.figure is None else "tozero"}
