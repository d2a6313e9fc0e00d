"""``bnn-designer runs where``: the machines that train, what they train, and what else would fit."""

from __future__ import annotations

import json

import click

from bnn_designer.cli.terminal import console


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def where(as_json: bool) -> None:
    """Print the machines that train, with their runs and what is free: this one, or the nodes of BNN_RAY_ADDRESS."""
    from bnn_designer.cli.tables.whereabouts import print_whereabouts
    from bnn_designer.runs.store import Store
    from bnn_designer.runs.where import whereabouts

    found = whereabouts(Store())
    if as_json:
        click.echo(json.dumps(found.to_data(), indent=2))
    else:
        print_whereabouts(found, console())


COMMANDS: tuple[click.Command, ...] = (where,)
