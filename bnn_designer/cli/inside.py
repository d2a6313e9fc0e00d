"""The commands that look inside a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bnn_designer.cli.terminal import console, no_wait, open_store, say

if TYPE_CHECKING:
    from bnn_designer.inspection.report import Found
    from bnn_designer.measuring.carrying_out import Say


@click.command()
@click.argument("run")
@click.option("--kept", is_flag=True, help="Print what was found the last time; look at nothing.")
@click.option("--sensitivity", is_flag=True, help="Put each binary layer back to floats, one at a time.")
@no_wait
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(run: str, kept: bool, sensitivity: bool, no_wait: bool, as_json: bool) -> None:
    """Look inside the trained network of a run: weights, what is binarized, dead channels, mistakes, calibration.

    RUN is the id of a run, whose best epoch is taken. What is found is kept with the run, and its page shows it.
    """
    from bnn_designer.cli.tables.inside import print_inside, print_sensitivity
    from bnn_designer.errors import BnnDesignerError
    from bnn_designer.inspection.report_file import read_found
    from bnn_designer.inspection.sensitivity_report import Sensitivity, read_sensitivity
    from bnn_designer.inspection.worker import look, try_layers
    from bnn_designer.measuring.machine import taken

    store = open_store()
    store.run(run)
    read, make = (read_sensitivity, try_layers) if sensitivity else (read_found, look)
    found: Found | Sensitivity | None
    if kept:
        found = read(store, run)
        if found is None:
            raise BnnDesignerError(f"Run {run}: nothing was looked for yet. Leave out --kept.")
    else:
        with taken("a look inside a run in a terminal", wait=not no_wait, say=say):
            found = make(store, run, _told())
    if as_json:
        click.echo((found if isinstance(found, Sensitivity) else found.inside).model_dump_json(indent=2))
    elif isinstance(found, Sensitivity):
        print_sensitivity(found, console())
    else:
        print_inside(found, console())


def _told() -> Say:
    """Says what is done to the terminal: each step once, and one of many parts every tenth of the work."""
    told: set[tuple[str, int]] = set()

    def tell(step: str, share: float) -> None:
        if (step, int(10 * share)) not in told:
            told.add((step, int(10 * share)))
            say(f"{share:4.0%}  {step}")

    return tell


COMMANDS: tuple[click.Command, ...] = (inspect,)
