"""Which blocks run in bits on which target, in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from bnn_designer.design import Design, walk
from bnn_designer.targets import TARGETS, Verdict

Verdicts = dict[str, dict[str, Verdict]]

STATE_STYLES = {"bits": "green", "int8": "green", "float": "yellow", "refused": "bold red", "unknown": "cyan"}


def verdicts_data(design: Design, found: Verdicts) -> dict[str, Any]:
    """As ``bnn-designer targets --json`` prints it: blocks in reading order."""
    return {
        "name": design.name,
        "targets": {target.name: target.title for target in TARGETS.values()},
        "blocks": [
            {"path": path, "kind": block.kind}
            | {"verdicts": {name: verdict.to_data() for name, verdict in found[block.id].items()}}
            for path, block in walk(design.blocks)
            if block.id in found
        ],
    }


def print_verdicts(design: Design, found: Verdicts, console: Console) -> None:
    """A line for each block, then each target's reasons, with the blocks that they hold for."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("block", overflow="fold", min_width=16)
    for name in TARGETS:
        table.add_column(name, no_wrap=True)
    paths = {block.id: path for path, block in walk(design.blocks) if block.id in found}
    for block_id, path in paths.items():
        table.add_row(path, *(_cell(found[block_id].get(name)) for name in TARGETS))
    console.print(table)
    for target in TARGETS.values():
        groups: dict[Verdict, list[str]] = {}
        for block_id, path in paths.items():
            verdict = found[block_id].get(target.name)
            if verdict is not None and verdict.state != "bits":
                groups.setdefault(verdict, []).append(path)
        if groups:
            console.print(f"\n[bold]{target.name}[/bold]: {target.title}", highlight=False)
        for verdict, where in groups.items():
            console.print(f"  [{STATE_STYLES[verdict.state]}]{verdict.state}[/] ", end="")
            console.print(", ".join(where), highlight=False, markup=False)
            console.print(f"    {verdict.reason} ({verdict.source})", highlight=False, markup=False)


def _cell(verdict: Verdict | None) -> str:
    return f"[{STATE_STYLES[verdict.state]}]{verdict.state}[/]" if verdict is not None else ""
