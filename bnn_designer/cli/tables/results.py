"""Results for people: what is claimed, and what came out here."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bnn_designer.results.catalogue import Entry
from bnn_designer.results.kept import KeptResult
from bnn_designer.results.words import accuracy_headings, state_text, time_rows, variant_rows


def print_list(found: list[tuple[Entry, KeptResult | None]], console: Console) -> None:
    """A line for each result."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("result", no_wrap=True)
    table.add_column("what it is about", overflow="fold")
    table.add_column("", overflow="fold")
    for entry, kept in found:
        table.add_row(entry.name, escape(entry.title), state_text(entry, kept))
    console.print(table)


def print_one(entry: Entry, kept: KeptResult, console: Console) -> None:
    """What is claimed, each variant, each claim with its outcome, and how to make it again."""
    console.print(f"[bold]{escape(entry.title)}[/]\n{escape(entry.says)} ({escape(entry.source)})\n", highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("variant", overflow="fold")
    for title in ("accuracy", "spread", "runs", "against the first"):
        table.add_column(title, justify="left" if title == "against the first" else "right", overflow="fold")
    for row in variant_rows(kept):
        table.add_row(escape(row.title), row.accuracy, row.spread, str(row.runs), escape(row.verdict))
    console.print(table)
    console.print()
    if entry.accuracies:
        console.print(_times(entry, kept))
        console.print()
    for claim in entry.claims:
        outcome = claim(kept)
        console.print(f"{outcome.word}: {escape(outcome.text)}", highlight=False)
    console.print(f"\n{escape(entry.note)}\n{state_text(entry, kept)}\nMake it again: {kept.command}", highlight=False)


def _times(entry: Entry, kept: KeptResult) -> Table:
    """How long each variant trained for each accuracy."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("training time", overflow="fold")
    for heading in accuracy_headings(entry):
        table.add_column(heading, justify="right", overflow="fold")
    for row in time_rows(entry, kept):
        table.add_row(escape(row.title), *row.times)
    return table
