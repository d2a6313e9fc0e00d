"""The commands that look inside a trained network."""

from __future__ import annotations

import click

from bnn_designer.cli.terminal import console, no_wait, open_store, say


@click.command()
@click.argument("run")
@click.option("--kept", is_flag=True, help="Print what was found the last time; look at nothing.")
@no_wait
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(run: str, kept: bool, no_wait: bool, as_json: bool) -> None:
    """Look inside the trained network of a run: weights, what is binarized, dead channels, mistakes, calibration.

    RUN is the id of a run, whose best epoch is taken. What is found is kept with the run, and its page shows it.
    """
    from bnn_designer.cli.tables.inside import print_inside
    from bnn_designer.errors import BnnDesignerError
    from bnn_designer.inspection.job import look_job
    from bnn_designer.inspection.report import read_found
    from bnn_designer.inspection.worker import look
    from bnn_designer.measuring.machine import taken

    store = open_store()
    store.run(run)
    if kept:
        found = read_found(store, run)
        if found is None:
            raise BnnDesignerError(f"Run {run}: nobody has looked inside yet. Leave out --kept.")
    else:
        with taken(f"{look_job(store, run).name} in a terminal", wait=not no_wait, say=say):
            found = look(store, run, lambda step, share: say(f"{share:4.0%}  {step}"))
    if as_json:
        click.echo(found.inside.model_dump_json(indent=2))
    else:
        print_inside(found, console())


COMMANDS: tuple[click.Command, ...] = (inspect,)
