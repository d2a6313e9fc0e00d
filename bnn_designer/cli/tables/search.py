"""A search for people: the front, a line a design, and what else was tried."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bnn_designer.compare.figures import figure_text
from bnn_designer.compare.more_figures import FIGURES_BY_NAME
from bnn_designer.search.results import Found
from bnn_designer.search.words import counts_text
from bnn_designer.units import UNKNOWN, percent_text


def print_front(found: Found, console: Console) -> None:
    """The front as a table, then the counts."""
    figures = [FIGURES_BY_NAME[name] for name in found.search.figures]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("trial", "accuracy", *(one.title if one.name != "arena_bytes" else "RAM" for one in figures)):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("changes", overflow="fold", min_width=16)
    for one in found.front:
        numbers = [
            figure_text(each, one.figures[each.name]) if each.name in one.figures else UNKNOWN for each in figures
        ]
        table.add_row(str(found.number(one)), percent_text(one.accuracy), *numbers, escape(found.changes(one)))
    if found.front:
        console.print(table)
    else:
        console.print("Nothing has been trained to its end yet.", highlight=False)
    nearest = found.nearest
    if nearest is not None and not any(one.is_trained for one in found.trials):
        figures_of_it = found.search.figures_text(nearest.figures)
        console.print(
            f"Nearest to the budget: {figures_of_it} ({found.changes(nearest)}).", highlight=False, markup=False
        )
    console.print(f"\n{counts_text(found)}", highlight=False)
