"""The cost report as a table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bnn_designer.cli.tables.transitions import summary
from bnn_designer.cost.deployed import NotDeployable
from bnn_designer.cost.report import CostReport, LayerCost
from bnn_designer.units import bit_size_text, by_bits_text, bytes_text, count_text, exact_text, shape_text


def print_report(report: CostReport, console: Console) -> None:
    """Prints a line a layer, the totals, what LCE makes of them, and the runtime memory."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", overflow="fold", min_width=12)  # in a narrow terminal only this one gives way
    table.add_column("operation", no_wrap=True)
    table.add_column("output", no_wrap=True)
    for title in ("weights", "memory", "MACs"):
        table.add_column(title, justify="right", no_wrap=True)
    for layer in report.layers:
        table.add_row(*_cells(layer))
    console.print(table)
    weights, macs = report.larq.params_by_bits, report.larq.macs_by_bits
    peak = report.timeline.peak
    console.print(f"\nWeights          {report.larq.params:,} ({by_bits_text(weights, exact_text)})", highlight=False)
    console.print(f"Weight memory    {_bytes(report.memory_bytes)}, by Larq's convention", highlight=False)
    console.print(f"MACs an image    {report.larq.macs:,} ({by_bits_text(macs, exact_text)})", highlight=False)
    _print_deployed(report, console)
    console.print(
        f"Runtime memory   at least {_bytes(peak.live_bytes)}, at its peak in {peak.name}: "
        + " + ".join(f"{span.name} {span.size_bytes:,}" for span in peak.live),
        highlight=False,
    )


def _print_deployed(report: CostReport, console: Console) -> None:
    """What LCE makes of the design, or why it cannot."""
    deployed = report.deployed
    if isinstance(deployed, NotDeployable):
        console.print(f"Deployed         {deployed}", highlight=False, markup=False)
        return
    console.print(f"Deployed file    {_bytes(deployed.file_bytes)}, by Larq Compute Engine", highlight=False)
    other = report.binary_dense_as_float
    if other is not None:
        console.print(
            f"                 {_bytes(other.file_bytes)} with its binary dense layers converted as such, to floats",
            highlight=False,
        )
    eight = f"{deployed.int8_macs:,} of 8 bits, " if deployed.int8_macs else ""
    console.print(
        f"Deployed MACs    {deployed.binary_macs:,} binary, {eight}{deployed.float_macs:,} float: "
        f"{deployed.ops:,.0f} OPs",
        highlight=False,
    )
    console.print(f"Arena            {_bytes(deployed.arena_bytes)}", highlight=False)
    console.print(f"Transitions      {summary(report.transitions)}", highlight=False)


def _cells(layer: LayerCost) -> tuple[str, ...]:
    count = layer.count
    return (
        layer.name,
        layer.kind if layer.precision == "none" else f"{layer.precision} {layer.kind}",
        shape_text(layer.output_shape),
        f"{count.params:,}" if count.params else "",
        bit_size_text(count.memory_bits) if count.params else "",
        count_text(count.macs) if count.macs else "",
    )


def _bytes(size_bytes: int) -> str:
    return f"{size_bytes:,} bytes ({bytes_text(size_bytes)})"
