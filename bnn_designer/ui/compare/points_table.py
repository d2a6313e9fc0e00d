"""Points of two figures as a table: what a chart shows, for sorting, for reading and for screen readers."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.ui.compare.points import KINDS, Axis, Point, beaten_by
from bnn_designer.ui.compare.table.values import Cell, Column, Row, Sheet


def points_sheet(found: Sequence[Point], front: Sequence[int], x: Axis, y: Axis) -> Sheet:
    """What each point is, both figures, and whether it is on the front or which point there beats it."""
    beaten = beaten_by(found, front, x, y)
    rows = tuple(
        Row(
            f"point{index}",
            point.candidate.name,
            (
                Cell(KINDS[point.candidate.kind], point.candidate.note, sort=KINDS[point.candidate.kind], start=True),
                Cell(point.x.text, point.x.note, point.candidate.source, sort=point.x.number),
                Cell(point.y.text, point.y.note, point.candidate.source, sort=point.y.number),
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


def sources(found: Sequence[Point]) -> tuple[str, ...]:
    """Where the published accuracies stand: a sentence for each source, with the networks it is for."""
    names: dict[str, list[str]] = {}
    for point in found:
        if point.candidate.kind == "published" and point.candidate.source:
            names.setdefault(point.candidate.source, []).append(point.candidate.name)
    return tuple(f"Published accuracy of {', '.join(each)}: {source}." for source, each in names.items())
