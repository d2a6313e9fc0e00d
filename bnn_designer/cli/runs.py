"""``bnn-designer runs``: what is done with runs that there are."""

from __future__ import annotations

import click

from bnn_designer.cli import runs_actions, runs_export, runs_where


@click.group()
def runs() -> None:
    """Work with the runs of this machine's store."""


for _command in (*runs_actions.COMMANDS, *runs_export.COMMANDS, *runs_where.COMMANDS):
    runs.add_command(_command)

COMMANDS: tuple[click.Command, ...] = (runs,)
