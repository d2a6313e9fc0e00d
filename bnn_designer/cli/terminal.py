"""What the commands share: the terminal that they print to, and the wait for a machine that another measures on."""

from __future__ import annotations

import sys

import click
from rich.console import Console

no_wait = click.option(
    "--no-wait", is_flag=True, help="If something else is measured on this machine now, stop instead of waiting for it."
)


def console() -> Console:
    """The terminal; a file or a pipe has no width, so that no line is broken for one."""
    return Console() if sys.stdout.isatty() else Console(width=200)


def say(sentence: str) -> None:
    """To the terminal, and not among the results."""
    click.echo(sentence, err=True)
