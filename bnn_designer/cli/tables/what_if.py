"""The variants of a design as a table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bnn_designer.compare.figures import FIGURES, Unknown, figure_text
from bnn_designer.compare.what_if import Outcome, WhatIf

_SHOWN = tuple(figure for figure in FIGURES if figure.name != "weights")


def print_what_if(found: WhatIf, console: Console) -> None:
    """Prints the design's figures, and each variant's difference to them."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("variant", overflow="fold", min_width=16)
    for figure in _SHOWN:
        table.add_column(figure.title, justify="right", no_wrap=True)
    table.add_row("this design", *(figure_text(figure, found.totals[figure.name]) for figure in _SHOWN))
    group, notes = "", []
    for outcome in found.outcomes:
        if outcome.variant.group != group:
            group = outcome.variant.group
            table.add_row(f"[bold]{group}[/bold]")
        table.add_row(f"  {outcome.variant.title}", *_cells(outcome))
        if outcome.reason:
            notes.append(f"{group}, {outcome.variant.title}: {outcome.state}: {outcome.reason}")
        notes += _unknown(outcome)
    console.print(table)
    console.print(
        "\nDifferences to this design; weights and MACs by Larq's convention, file, arena and OPs by LCE, "
        "training for batches of 50.",
        highlight=False,
    )
    for note in dict.fromkeys(notes):
        console.print(note, highlight=False, markup=False)


def _cells(outcome: Outcome) -> tuple[str, ...]:
    if outcome.state == "same":
        return ("as it is",)
    if outcome.difference is None:
        return (outcome.state,)
    return tuple(figure_text(figure, outcome.difference[figure.name], signed=True) for figure in _SHOWN)


def _unknown(outcome: Outcome) -> list[str]:
    reasons = dict.fromkeys(one.reason for one in (outcome.totals or {}).values() if isinstance(one, Unknown))
    return [f"{outcome.variant.group}, {outcome.variant.title}: {reason}" for reason in reasons]
