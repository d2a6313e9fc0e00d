"""What the commands share: the terminal that they print to."""

from __future__ import annotations

import sys

from rich.console import Console


def console() -> Console:
    """The terminal; a file or a pipe has no width, so that no line is broken for one."""
    return Console() if sys.stdout.isatty() else Console(width=200)
