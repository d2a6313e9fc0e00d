"""``bnn-designer runs queue``: what trains, what waits, at which place and how long."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from bnn_designer.cli.terminal import console
from bnn_designer.units import UNKNOWN, duration_text

if TYPE_CHECKING:
    from bnn_designer.measuring.waiting_time import Line


@click.command(name="queue")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def queue_(as_json: bool) -> None:
    """Print the runs that train and those that wait, in the order in which they will start.

    The queue is fair between people: see --person of `bnn-designer train`. Times follow from what runs took on this
    machine, and hold if nobody else queues a run meanwhile.
    """
    from bnn_designer.measuring.waiting_time import line
    from bnn_designer.runs.queue import dispatch
    from bnn_designer.runs.store import Store

    store = Store()
    dispatch(store)
    found = line(store)
    if as_json:
        click.echo(json.dumps(_data(found), indent=2))
    elif not found.held and not found.waiting:
        click.echo("No run trains, and none waits.")
    else:
        console().print(_table(found))


def _data(found: Line) -> dict[str, list[dict[str, Any]]]:
    held = [
        {"run": run.id, "name": run.name, "person": run.person, "status": run.status, "left_s": left_s}
        for run, left_s in found.held
    ]
    waiting = [
        {
            "run": run.id,
            "name": run.name,
            "person": run.person,
            "place": place.number,
            "wait_s": place.wait_s,
            "waits_for": place.after,
        }
        for run, place in found.waiting
    ]
    return {"held": held, "waiting": waiting}


def _table(found: Line) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    waits = any(place.after for _, place in found.waiting)
    for column in ("place", "run", "whose", "starts in", "ends in", *(["waits for"] if waits else []), "name"):
        right = column in ("place", "starts in", "ends in")
        table.add_column(column, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for run, left_s in found.held:
        ends = duration_text(left_s)
        after = [""] if waits else []
        table.add_row(run.status, run.id, escape(run.person or UNKNOWN), "", ends, *after, escape(run.name))
    for run, place in found.waiting:
        starts = duration_text(place.wait_s)
        after = [place.after or ""] if waits else []
        table.add_row(str(place.number), run.id, escape(run.person or UNKNOWN), starts, "", *after, escape(run.name))
    return table


COMMANDS: tuple[click.Command, ...] = (queue_,)
