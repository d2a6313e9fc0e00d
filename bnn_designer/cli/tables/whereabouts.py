"""The machines that train, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bnn_designer.runs.where import Whereabouts
from bnn_designer.units import bytes_text


def print_whereabouts(found: Whereabouts, console: Console) -> None:
    """A row for each machine, and what waits and is free."""
    table = Table(box=None, pad_edge=False)
    for name in ("machine", "address", "cores", "memory", "runs"):
        table.add_column(name, justify="right" if name in ("cores", "memory") else "left", no_wrap=name != "runs")
    for host in found.hosts:
        runs = ", ".join(f"{run.id} ({run.stopping or run.status})" for run in host.runs)
        memory = "" if host.memory_bytes is None else bytes_text(host.memory_bytes)
        cores = "" if host.cores is None else str(host.cores)
        table.add_row(host.name, host.address or "", cores, memory, runs or "-")
    console.print(table, highlight=False, markup=False)
    waiting = "1 run waits" if found.waiting == 1 else f"{found.waiting:,} runs wait"
    places = "1 place is free" if found.free_places == 1 else f"{found.free_places:,} places are free"
    line = f"{places}, {waiting}."
    if found.free_cores is not None and found.free_memory_bytes is not None:
        line += f" Free in all: {found.free_cores:,} cores, {bytes_text(found.free_memory_bytes)} of memory."
    console.print(line, highlight=False, markup=False)
