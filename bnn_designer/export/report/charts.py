"""What a report draws of a network: its picture in lines of a page, its memory over time, the curves of its run."""

from __future__ import annotations

from html import escape

from bnn_designer.cost import CostReport
from bnn_designer.design import Design
from bnn_designer.export.curves import Curves
from bnn_designer.picture.charts import Bar, Line, bar_chart, line_chart
from bnn_designer.picture.colors import CURVE_COLORS, MEMORY_COLORS
from bnn_designer.picture.layout import lines_of, place_blocks
from bnn_designer.picture.memory import CATEGORIES, held_tensors
from bnn_designer.picture.outline import Row
from bnn_designer.picture.svg import picture_svg
from bnn_designer.units import percent_text

#: Pixels of the picture on one line, so that its text can be read in print.
_LINE = 940


def picture_lines(design: Design, rows: tuple[Row, ...]) -> str:
    """The picture, cut into lines that each fit the page."""
    strip = place_blocks(design, rows)
    lines = "".join(
        f'<svg viewBox="{start} 0 {end - start} {strip.height}" width="{end - start}" aria-hidden="true">'
        '<use href="#network"/></svg>'
        for start, end in lines_of(strip, _LINE)
    )
    drawn = picture_svg(design, rows)
    return f'<div class="net"><svg width="0" height="0"><defs><g id="network">{drawn}</g></defs></svg>{lines}</div>'


def memory_chart(report: CostReport) -> str:
    """What lies in memory while each operator of the deployed program runs, stacked by why it is there."""
    peak, found = report.timeline.peak, dict[str, dict[str, int]]()
    for held in held_tensors(report):
        sizes = found.setdefault(held.step.name, dict.fromkeys(CATEGORIES, 0))
        sizes[held.category] += held.span.size_bytes
    bars = [
        Bar(
            f"{step.name}: {step.live_bytes:,} bytes",
            tuple(
                (size / 1024, MEMORY_COLORS[category]) for category, size in found.get(step.name, {}).items() if size
            ),
            step is peak,
        )
        for step in report.timeline.steps
    ]
    used = [category for category in CATEGORIES if any(sizes[category] for sizes in found.values())]
    text = f"A bar for each operator, in running order; the peak, {peak.live_bytes:,} bytes, is in {peak.name}."
    chart = bar_chart(bars, "Memory by operator", lambda value: f"{value:,.6g} KiB")
    return f"<p>{escape(text)}</p>{chart}{_legend([(category, MEMORY_COLORS[category]) for category in used])}"


def curve_charts(curves: Curves) -> str:
    """Accuracy and loss over the epochs."""
    train, validation = CURVE_COLORS[4], CURVE_COLORS[0]
    charts = []
    for title, first, second, text in (
        ("Accuracy", curves.accuracy, curves.val_accuracy, lambda value: percent_text(value, 0)),
        ("Loss", curves.loss, curves.val_loss, lambda value: f"{value:.3g}"),
    ):
        lines = [
            Line("training", tuple(zip(curves.epoch, first, strict=True)), train, is_dashed=True),
            Line("validation", tuple(zip(curves.epoch, second, strict=True)), validation),
        ]
        charts.append(f"<p>{title} by epoch</p>{line_chart(lines, f'{title} by epoch', text)}")
    return "".join(charts) + _legend([("training, dashed", train), ("validation", validation)])


def _legend(entries: list[tuple[str, str]]) -> str:
    items = "".join(f'<span><i style="background:{color}"></i> {escape(name)}</span>' for name, color in entries)
    return f'<div class="bnn-legend">{items}</div>'
