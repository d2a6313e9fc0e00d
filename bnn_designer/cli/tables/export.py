"""What was exported, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from bnn_designer.cli.tables.targets import STATE_STYLES
from bnn_designer.export import Exported
from bnn_designer.targets import Verdict


def export_data(output: Path, exported: Exported) -> dict[str, Any]:
    """As ``bnn-designer export --json`` prints it."""
    return {
        "target": exported.target.name,
        "folder": str(output),
        "files": {name: len(data) for name, data in exported.written.files.items()},
        "memory_bytes": exported.written.memory_bytes,
        "notes": list(exported.written.notes),
        "blocks": [{"path": path} | verdict.to_data() for path, verdict in exported.verdicts.items()],
    }


def print_export(output: Path, exported: Exported, console: Console) -> None:
    """What runs in bits, block by block with the reasons, then the files and what they take of memory."""
    groups: dict[Verdict, list[str]] = {}
    for path, verdict in exported.verdicts.items():
        groups.setdefault(verdict, []).append(path)
    for verdict, where in groups.items():
        console.print(f"[{STATE_STYLES[verdict.state]}]{verdict.state}[/] ", end="")
        console.print(", ".join(where), highlight=False, markup=False)
        console.print(f"    {verdict.reason}", highlight=False, markup=False)
    if not groups and exported.target.judged_as is not None:
        console.print("The packed file does not say of which design it is, so its blocks have no verdicts.")
    console.print()
    for name, data in exported.written.files.items():
        console.print(f"{output / name}: {len(data):,} bytes", highlight=False, markup=False)
    if exported.written.memory_bytes:
        memory = ", ".join(f"{what} {size:,} bytes" for what, size in exported.written.memory_bytes.items())
        console.print(f"memory: {memory}; code not counted", highlight=False, markup=False)
    for note in exported.written.notes:
        console.print(note, highlight=False, markup=False)
