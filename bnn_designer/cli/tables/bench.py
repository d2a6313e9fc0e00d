"""A report for people: the machine, the rows, what they sum up to, and the peers that were not there."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table

from bnn_designer.bench.rows import Contender, Missing, Row, Sample, Summary, Target, Unit
from bnn_designer.bench.run import Report
from bnn_designer.kernels.toolchain import X86
from bnn_designer.units import digits_text

_UNITS: dict[Unit, str] = {"ms": " ms", "mib": " MiB", "kib": " KiB", "count": ""}


def print_report(report: Report, console: Console) -> None:
    machine = report.machine
    kernels = "" if machine["isa"] is None else f"kernels {machine['isa']}, "
    rounds = "as many rounds as fit" if report.rounds is None else f"{report.rounds} rounds"
    console.print(
        f"bench {report.benchmark}: {machine['processor']}, {machine['processors']} processors, load "
        f"{machine['load_1min']}, {kernels}TensorFlow {machine['tensorflow']}, {rounds}, "
        f"{machine['date']}",
        highlight=False,
    )
    if machine["architecture"].lower() not in X86:
        console.print(
            f"The targets were set on x86-64. On {machine['architecture']} this project claims no figure, and has "
            "measured none.",
            highlight=False,
        )
    console.print(rows_table(report.rows))
    if report.summaries:
        console.print(summaries_table(report.summaries))
    for text in dict.fromkeys(missing_texts(report.rows)):
        console.print(text, highlight=False, markup=False)


def rows_table(rows: Iterable[Row]) -> Table:
    table = _table("what", "threads", "ours", "peer", "ratio", "of medians", "target", "met", "rounds", "note")
    for row in rows:
        table.add_row(
            row.what,
            str(row.threads),
            contender_text(row.ours),
            contender_text(row.peer),
            ratio_text(row.ratio),
            ratio_text(row.median_ratio),
            target_text(row.target),
            met_text(row.met),
            str(row.ours.rounds) if isinstance(row.ours, Sample) else "-",
            row.note,
        )
    return table


def summaries_table(summaries: Iterable[Summary]) -> Table:
    table = _table("geometric mean of", "threads", "rows", "ratio", "of medians", "min", "target", "met")
    for one in summaries:
        table.add_row(
            one.group,
            str(one.threads),
            str(one.rows),
            ratio_text(one.ratio),
            ratio_text(one.median_ratio),
            ratio_text(one.least_ratio),
            target_text(one.target),
            met_text(one.met),
        )
    return table


def _table(first: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="left" if column in {"ours", "peer", "met", "note"} else "right")
    return table


def contender_text(contender: Contender | None) -> str:
    """ "name: min (median) unit, rounds", or that it is not there; nothing for nobody."""
    if contender is None:
        return "-"
    if isinstance(contender, Missing):
        return f"{contender.name}: not available"
    least, median = digits_text(contender.min), digits_text(contender.median)
    return f"{contender.name} {least} ({median}){_UNITS[contender.unit]}"


def ratio_text(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def target_text(target: Target | None) -> str:
    return "-" if target is None else str(target)


def met_text(met: bool | None) -> str:
    return {True: "yes", False: "no", None: "-"}[met]


def missing_texts(rows: Iterable[Row]) -> list[str]:
    """One paragraph a contender that is not there."""
    missing = [one for row in rows for one in (row.ours, row.peer) if isinstance(one, Missing)]
    return [f"{one.name}: not available: {one.how}" for one in missing]
