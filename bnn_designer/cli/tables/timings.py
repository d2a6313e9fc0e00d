"""Timings for people, and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bnn_designer.cost.latency.model import Estimate
from bnn_designer.measuring.predicted import Predicted
from bnn_designer.measuring.times import OWN_LOOP, GroupTime, Timing
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.units import ms_text, percent_text


def timings_data(
    network: PackedNetwork,
    timings: Sequence[Timing],
    groups: Sequence[GroupTime] | None,
    expected: Predicted | None,
) -> dict[str, Any]:
    """As ``time --json`` prints it."""
    data: dict[str, Any] = {
        "name": network.header.name,
        "timings": [one.model_dump(mode="json") for one in timings],
        "predicted": expected.to_data() if expected else None,
    }
    if groups is not None:
        data["layers"] = [one.model_dump(mode="json") for one in groups]
    return data


def print_timings(
    network: PackedNetwork, timings: Sequence[Timing], expected: Predicted | None, console: Console
) -> None:
    """Latency by threads, and memory, beside what was predicted."""
    height, width, channels = network.header.input_shape
    console.print(f"{network.header.name}: one image of {height} x {width} x {channels}", highlight=False, markup=False)
    for one in timings:
        threads = "1 thread" if one.threads == 1 else f"{one.threads} threads"
        console.print(
            f"  {threads:10}  {ms_text(one.median_ms)} median, {ms_text(one.min_ms)} min of {one.images} ({one.isa})",
            highlight=False,
        )
    if expected and isinstance(expected.latency, Estimate):
        console.print(f"  predicted   {expected.latency} (1 thread)", highlight=False)
    elif expected:
        console.print(f"  predicted   {expected.latency}", highlight=False, soft_wrap=True)
    first = timings[0]
    console.print(f"  float       {_float_text(first)}", highlight=False, soft_wrap=True, markup=False)
    counted = first.memory_bytes
    console.print(
        f"  memory      arena {counted['arena']:,} B, weights {counted['weights']:,} B in the file and "
        f"{counted['tiled_weights']:,} B as the kernels read them, scratch {counted['scratch']:,} B: "
        f"{first.counted_bytes:,} B; the process grew by {first.resident_bytes:,} B",
        highlight=False,
        soft_wrap=True,
    )
    if expected and expected.arena_bytes is not None:
        console.print(
            f"  predicted   arena {expected.arena_bytes:,} B, weights {expected.weight_bytes:,} B "
            "(of the deployed program, whose arena holds the image and which fuses nothing)",
            highlight=False,
            soft_wrap=True,
        )


def _float_text(timing: Timing) -> str:
    if timing.float_library == OWN_LOOP:
        return f"convolutions by {OWN_LOOP}" + (f": {timing.why_own}" if timing.why_own else "")
    return f"convolutions by {timing.float_library}, where the engine's own loop is not faster"


def print_groups(groups: Sequence[GroupTime], console: Console) -> None:
    """What each group takes."""
    total = sum(group.ms for group in groups)
    table = Table(box=None, pad_edge=False)
    for heading in ("layer", "kind", "layers"):
        table.add_column(heading, overflow="fold")
    for heading in ("ms", "share", "GMAC/s"):
        table.add_column(heading, justify="right")
    table.add_column("kernel", overflow="fold")
    for group in groups:
        speed = "" if group.gmacs_per_second is None else f"{group.gmacs_per_second:.0f}"
        share = percent_text(group.ms / total)
        layers, ms = str(len(group.layers)), f"{group.ms:.3f}"
        table.add_row(group.name, group.kind, layers, ms, share, speed, group.kernel)
    console.print(table)
    console.print(f"sum {ms_text(total)}, timer overhead included", highlight=False)
