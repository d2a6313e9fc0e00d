"""``bnn-designer bench scaling`` and ``bench store``: what a cluster and its store take, for docs/scaling.md."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from bnn_designer.cli.terminal import console, no_wait, say
from bnn_designer.units import counted


@click.command()
@click.option("--nodes", default="1,2,4", show_default=True, metavar="N,N", help="Measure with so many nodes each.")
@click.option("--runs", type=click.IntRange(min=1), default=16, show_default=True, help="Queued at once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@no_wait
def scaling(nodes: str, runs: int, as_json: bool, no_wait: bool) -> None:
    """A queue of runs of one step on a real Ray cluster, whose nodes are processes of this machine.

    They share its processors, so this measures what starting a run costs, and not how training speeds up.
    """
    from bnn_designer.bench.scaling import measure
    from bnn_designer.measuring.machine import taken

    counts = _counts(nodes)
    found = []
    with taken("bench scaling in a terminal", wait=not no_wait, say=say):
        for count in counts:
            found.append(measure(count, runs))
            say(f"{counted(count, 'node')}: {found[-1].wall_s:.1f} s")
    _print((one.to_data() for one in found), as_json)


@click.command()
@click.option("--url", metavar="URL", help="An empty database. [default: SQLite in a temporary folder]")
@click.option("--runs", type=click.IntRange(min=1), default=100_000, show_default=True, help="Rows in it.")
@click.option("--held", type=click.IntRange(min=1), default=1000, show_default=True, help="Of these, that train.")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="For each rate.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@no_wait
def store(url: str | None, runs: int, held: int, seconds: float, as_json: bool, no_wait: bool) -> None:
    """Heartbeats, events and claims a second that a store takes, and how long a look at many runs takes."""
    from bnn_designer.bench.store_rates import measure
    from bnn_designer.measuring.machine import taken
    from bnn_designer.runs.store import Store

    with (
        taken("bench store in a terminal", wait=not no_wait, say=say),
        tempfile.TemporaryDirectory(prefix="bnn-store-") as folder,
    ):
        opened = Store(url or f"sqlite:///{Path(folder) / 'store.sqlite'}", home=Path(folder))
        try:
            found = measure(opened, runs=runs, held=held, seconds=seconds)
        finally:
            opened.close()
    _print([found.to_data()], as_json)


def _counts(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise click.BadParameter(f"{text!r} are no numbers of nodes, such as 1,2,4.", param_hint="--nodes")
    return [int(part) for part in parts]


def _print(rows: Iterable[dict[str, Any]], as_json: bool) -> None:
    from bnn_designer.bench.machine import describe_machine

    machine, found = describe_machine(), list(rows)
    if as_json:
        click.echo(json.dumps({"machine": machine, "rows": found}, indent=2))
        return
    out = console()
    out.print(
        f"{machine['date']}  {machine['processor']}, {machine['processors']} processors, load {machine['load_1min']}",
        highlight=False,
        markup=False,
    )
    for row in found:
        texts = (
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()
        )
        out.print("  ".join(texts), highlight=False, markup=False, soft_wrap=True)


COMMANDS: tuple[click.Command, ...] = (scaling, store)
