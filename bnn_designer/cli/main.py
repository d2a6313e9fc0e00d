"""The command line: the same jobs as the pages, without a browser.

Errors that a user can mend go to standard error in one paragraph, with exit status 2 and no traceback.
"""

from __future__ import annotations

from typing import Any

import click

import bnn_designer
from bnn_designer.cli import (
    analysis,
    app,
    bench,
    classes,
    cost,
    data,
    designs,
    export,
    inference,
    inside,
    kernels,
    links,
    programs,
    recipes,
    results,
    runs,
    search,
    store,
    sweeps,
    train,
)
from bnn_designer.errors import BnnDesignerError, printable

GROUPS = (
    designs,
    links,
    programs,
    cost,
    analysis,
    data,
    train,
    recipes,
    sweeps,
    search,
    runs,
    results,
    inference,
    inside,
    export,
    classes,
    store,
    kernels,
    bench,
    app,
)


class ErrorsAsText(click.Group):
    """A group of commands whose mendable errors end in exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BnnDesignerError as error:
            click.echo(f"Error: {printable(str(error))}", err=True)
            ctx.exit(2)
        except OSError as error:
            if error.filename is None:  # not about a file that somebody named
                raise
            click.echo(f"Error: {printable(str(error.filename))}: {error.strerror}. Choose another path.", err=True)
            ctx.exit(2)


@click.group(cls=ErrorsAsText, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(bnn_designer.__version__, prog_name="bnn-designer")
def main() -> None:
    """Design, cost, train and run binarized neural networks."""


for _group in GROUPS:
    for _command in _group.COMMANDS:
        main.add_command(_command)
