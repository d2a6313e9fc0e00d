"""The passes between floats and bits, in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bnn_designer.cost.transitions import Transition, Transitions
from bnn_designer.units import bytes_text

_SENSE = {"pack": "floats to bits", "unpack": "bits to floats"}


def summary(found: Transitions) -> str:
    """How many there are inside binary chains, and what they move."""
    if not found.every:
        return "none: no layer reads bits"
    if not found.inside:
        return "none inside a binary chain: from the first binary layer on it stays in bits"
    passes = "1 pass" if len(found.inside) == 1 else f"{len(found.inside)} passes"
    moved = found.inside_bytes
    return (
        f"{passes} between floats and bits inside binary chains: {moved:,} bytes ({bytes_text(moved)}) moved an image"
    )


def print_transitions(found: Transitions, console: Console) -> None:
    """A line for each pass, with the blocks that cause it."""
    console.print("\nPasses between floats and bits, as Larq Compute Engine runs the network", highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title, right in (("at", False), ("pass", False), ("reads", True), ("writes", True), ("because", False)):
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for one in found.every:
        table.add_row(one.path, _SENSE[one.direction], f"{one.read_bytes:,}", f"{one.written_bytes:,}", _why(one))
    console.print(table, highlight=False)


def _why(one: Transition) -> str:
    if one.causes:
        return "; ".join(f"{cause.path}: {cause.reason}" for cause in one.causes)
    return "" if one.inside else "the way into bits"
