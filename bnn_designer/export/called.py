"""A program of somebody else's that is called, and what it prints."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bnn_designer.errors import BnnDesignerError


def output_of(
    command: Sequence[str],
    mend: str,
    given: bytes = b"",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints.

    Args:
        command: the program and its arguments.
        mend: what to do where it cannot be run, a sentence.
        given: on its standard input.
        folder, environment: in which it runs; None: this process's.

    Raises:
        BnnDesignerError: it cannot be run, or fails; with the end of what it said.
    """
    try:
        result = subprocess.run(command, input=given, cwd=folder, env=environment, capture_output=True, check=False)
    except OSError as error:
        raise BnnDesignerError(f"{command[0]}: it cannot be run ({error.strerror}). {mend}") from None
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip()[-1000:]
        raise BnnDesignerError(f"{command[0]}: it ends with status {result.returncode}: {said or 'no word'}.")
    return result.stdout.decode(errors="replace")
