"""The diff of two designs as a table in the terminal."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from bnn_designer.compare.diff import BlockDiff, DesignDiff, FieldChange
from bnn_designer.compare.figures import FIGURES, Figure, Number, Unknown, figure_text

_COSTS = (
    Figure("larq_bytes", "weights (Larq)", "bytes", lambda report: 0),
    Figure("macs", "MACs", "MACs", lambda report: 0),
    Figure("weight_bytes", "in the file", "bytes", lambda report: 0),
)
_MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


def print_diff(found: DesignDiff, console: Console) -> None:
    """Prints a line for each block that changed, then the totals."""
    if found.same:
        console.print("The designs have the same blocks with the same fields.")
    for change in found.design_changes:
        console.print(_change(change), highlight=False, markup=False)
    changed = [block for block in found.blocks if block.states]
    if changed:
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("")
        table.add_column("block", overflow="fold", min_width=12)
        table.add_column("what changed", overflow="fold")
        for figure in _COSTS:
            table.add_column(figure.title, justify="right", no_wrap=True)
        for block in changed:
            table.add_row(*_cells(block))
        console.print(table)
    console.print(f"Unchanged blocks: {len(found.blocks) - len(changed)}\n", highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("total", found.before.name, found.after.name, "difference"):
        table.add_column(_plain(title), justify="left" if title == "total" else "right")
    for figure in FIGURES:
        before, after = found.totals_before[figure.name], found.totals_after[figure.name]
        difference = found.totals_difference[figure.name]
        table.add_row(
            figure.title,
            figure_text(figure, before),
            figure_text(figure, after),
            figure_text(figure, difference, signed=True),
        )
    console.print(table)
    for reason in dict.fromkeys(_reasons(found.totals_before) + _reasons(found.totals_after)):
        console.print(reason, highlight=False, markup=False)


def _reasons(figures: dict[str, Number | Unknown]) -> list[str]:
    return [one.reason for one in figures.values() if isinstance(one, Unknown)]


def _cells(block: BlockDiff) -> tuple[str, ...]:
    path = block.path_after if block.path_after is not None else block.path_before or ""
    words = [state for state in block.states if state != "changed"] + [_change(change) for change in block.changes]
    if block.path_before is not None and block.path_after is not None and block.path_before != block.path_after:
        words = [f"was {block.path_before}", *(word for word in words if word != "moved")]
    costs = (figure_text(figure, block.costs[figure.name], signed=True) for figure in _COSTS)
    return "".join(_MARKS[state] for state in block.states), _plain(path), _plain("; ".join(words)), *costs


def _change(change: FieldChange) -> str:
    return f"{change.field}: {_value(change.before)} -> {_value(change.after)}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _plain(text: str) -> str:
    """Without what rich takes for markup."""
    return text.replace("[", r"\[")
