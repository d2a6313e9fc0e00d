"""The report as one HTML file that needs nothing else: no script, no font, nothing from elsewhere; it prints on A4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import bnn_designer
from bnn_designer.advisor.finding import Finding
from bnn_designer.cost import CostReport
from bnn_designer.cost.deployed import NotDeployable
from bnn_designer.design import Design
from bnn_designer.export.curves import Curves
from bnn_designer.export.report.charts import curve_charts, memory_chart, picture_lines
from bnn_designer.picture.outline import Row
from bnn_designer.picture.svg import legend_html
from bnn_designer.targets import TARGETS, Verdict
from bnn_designer.units import (
    bit_size_text,
    by_bits_text,
    bytes_text,
    count_text,
    counted,
    exact_text,
    percent_text,
    shape_text,
)


def report_page(
    design: Design,
    report: CostReport,
    rows: tuple[Row, ...],
    findings: Sequence[Finding],
    verdicts: dict[str, dict[str, Verdict]],
    weights: str,
    curves: Curves | None,
) -> str:
    """The page, the same for the same network.

    Args:
        design: the network.
        report: its figures.
        rows: its outline.
        findings: of the advisor.
        verdicts: of its blocks at each target, by their ids.
        weights: where they are from; "" for untrained ones.
        curves: of the run that it was trained in; None: not known.
    """
    sections = [
        ("Figures", _figures(report)),
        *([("Training", _training(curves))] if curves is not None and curves.epoch else []),
        ("Blocks", _blocks(rows)),
        ("Memory while one image is run", memory_chart(report)),
        ("What runs in bits", _verdicts(rows, verdicts)),
        ("Advice", _advice(findings)),
    ]
    body = "".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in sections)
    images, classes = shape_text(design.input_shape), counted(design.classes, "class", "classes")
    from_where = f"Its weights are from {_safe(weights)}." if weights else "It is untrained."
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_safe(report.name)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>{_safe(report.name)}</h1>"
        f"<p>A network for images of {images} and {classes}. {from_where} "
        f"Written by BNN Designer {bnn_designer.__version__}.</p>"
        f"{picture_lines(design, rows)}{legend_html()}{body}</body></html>\n"
    )


def _figures(report: CostReport) -> str:
    count, peak, deployed = report.larq, report.timeline.peak, report.deployed
    rows = [
        ("Weights", f"{count.params:,}: {by_bits_text(count.params_by_bits, exact_text)}"),
        ("Weight memory", f"{bytes_text(report.memory_bytes)}, by Larq's convention"),
        ("MACs an image", f"{count.macs:,}: {by_bits_text(count.macs_by_bits, exact_text)}"),
    ]
    if isinstance(deployed, NotDeployable):
        rows.append(("Deployed by Larq Compute Engine", str(deployed)))
    else:
        rows += [
            ("Deployed file of Larq Compute Engine", f"{deployed.file_bytes:,} bytes"),
            ("Its MACs", f"{deployed.binary_macs:,} binary, {deployed.float_macs:,} float"),
            ("Its arena", f"{deployed.arena_bytes:,} bytes"),
        ]
    rows.append(("Runtime memory", f"at least {peak.live_bytes:,} bytes, at its peak in {peak.name}"))
    return _table((), rows)


def _training(curves: Curves) -> str:
    best = max(range(len(curves.epoch)), key=lambda index: curves.val_accuracy[index])
    text = (
        f"{counted(len(curves.epoch), 'epoch')}; the highest validation accuracy is "
        f"{percent_text(curves.val_accuracy[best], 2)}, after epoch {curves.epoch[best]}, the last "
        f"{percent_text(curves.val_accuracy[-1], 2)}."
    )
    return f"<p>{text}</p>{curve_charts(curves)}"


def _blocks(rows: tuple[Row, ...]) -> str:
    cells = [
        (
            "\N{NO-BREAK SPACE}" * 3 * row.depth + " ".join(part for part in (row.block_id, row.block.label) if part),
            row.detail,
            row.bits_text,
            shape_text(row.shape) if row.shape else "",
            f"{row.sums.params:,}" if row.sums.params else "",
            bit_size_text(row.sums.memory_bits) if row.sums.params else "",
            count_text(row.sums.macs) if row.sums.macs else "",
        )
        for row in rows
    ]
    return _table(("block", "settings", "bits", "output", "weights", "memory", "MACs"), cells)


def _verdicts(rows: tuple[Row, ...], verdicts: dict[str, dict[str, Verdict]]) -> str:
    judged = [(row.path, verdicts[row.block_id]) for row in rows if row.block_id in verdicts]
    heads = ("block", *(target.short for target in TARGETS.values()))
    return _table(
        heads, [(path, *(one[name].state if name in one else "" for name in TARGETS)) for path, one in judged]
    )


def _advice(findings: Sequence[Finding]) -> str:
    if not findings:
        return "<p>No rule of the advisor is broken.</p>"
    items = []
    for finding in findings:
        evidence = " ".join(f"{_safe(one.text)} ({_safe(one.source)})" for one in finding.evidence)
        where = f" {_safe(finding.path)}:" if finding.path else ""
        items.append(f"<li><b>{finding.severity}</b>{where} {_safe(finding.message)} <small>{evidence}</small></li>")
    return f"<ul>{''.join(items)}</ul>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = f"<thead><tr>{''.join(f'<th>{_safe(one)}</th>' for one in heads)}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _safe(text: str) -> str:
    return escape("".join(sign if sign.isprintable() or sign == "\N{NO-BREAK SPACE}" else " " for sign in text))


_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#111;background:#fff;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{margin:0;font-size:1.6rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:1.4rem 0 .4rem}p{margin:.3rem 0}
section>svg,.net>svg{display:block;max-width:100%;height:auto}
.bnn-legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:12px}
.bnn-legend i{display:inline-block;width:.8em;height:.8em;border-radius:2px}
table{border-collapse:collapse;width:100%;font-size:12px}th{text-align:left}
td,th{padding:.15rem .5rem .15rem 0;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
td{font-variant-numeric:tabular-nums}ul{padding-left:1.1rem}li{margin:.3rem 0}small{color:#555}
tr,li,svg{break-inside:avoid}h2{break-after:avoid}
@media print{body{margin:0;max-width:none;font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
