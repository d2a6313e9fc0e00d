"""``bnn-designer runs``: what is done with runs that there are."""

from __future__ import annotations

import click

from bnn_designer.cli import (
    runs_actions,
    runs_deleting,
    runs_export,
    runs_labels,
    runs_list,
    runs_queue,
    runs_where,
)


@click.group()
def runs() -> None:
    """Work with the runs of this machine's store."""


_MODULES = (runs_list, runs_queue, runs_actions, runs_labels, runs_deleting, runs_export, runs_where)

for _command in (command for module in _MODULES for command in module.COMMANDS):
    runs.add_command(_command)

COMMANDS: tuple[click.Command, ...] = (runs,)
