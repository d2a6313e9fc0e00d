"""What the commands share: the terminal, the store, and the wait for a machine that another measures on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console

if TYPE_CHECKING:
    from bnn_designer.runs.store import Store

no_wait = click.option(
    "--no-wait", is_flag=True, help="If something else is measured on this machine now, stop instead of waiting for it."
)
person_option = click.option(
    "--person", metavar="NAME", help="Whose run it is: the queue is fair between people, and a server may limit each."
)


def console() -> Console:
    """The terminal; a file or a pipe has no width, so that no line is broken for one."""
    return Console() if sys.stdout.isatty() else Console(width=200)


def say(sentence: str) -> None:
    """To the terminal, and not among the results."""
    click.echo(sentence, err=True)


# Longer than any write of ours takes; shorter than somebody wonders what the program does.
_WORD_AFTER_S = 2.0


def open_store() -> Store:
    """The store, ready to be written to; says so where something else keeps it locked meanwhile.

    Raises:
        StoreError: it cannot be opened, or stays locked.
    """
    from bnn_designer.runs.connection import PATIENCE_S, writing
    from bnn_designer.runs.store import Store

    word = f"Waiting for another process that has the store locked (for {PATIENCE_S:.0f} s at most) ..."
    with _said_after(_WORD_AFTER_S, word):
        store = Store()
        with writing(store.engine):
            pass
    return store


@contextmanager
def _said_after(delay_s: float, sentence: str) -> Iterator[None]:
    """Says something where what is done within takes longer than that."""
    timer = threading.Timer(delay_s, say, (sentence,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
