"""Why a run failed, where the store could not be told: on a full disk nothing new can be written.

So the place for a few words is taken in the run's folder when a worker starts, and written over in place when it fails.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bnn_designer.training.failures import FAILURES, Failure

_NAME = "last-words.json"
_SIZE_BYTES = 4096


@dataclass(frozen=True)
class LastWords:
    """The kind of a failure, and why, in words."""

    failure: Failure
    error: str


def reserve(folder: Path) -> None:
    """Takes the place, empty. Raises OSError where the folder cannot be written to."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NAME).open("wb") as file:
        file.write(b" " * _SIZE_BYTES)
        file.flush()
        os.fsync(file.fileno())


def leave(folder: Path, words: LastWords) -> None:
    """Writes them in place; words that do not fit are cut off. Raises OSError where nobody has taken the place."""
    # at worst a character takes the 12 bytes of two escapes
    error = words.error[: _SIZE_BYTES // 12 - 20]
    data = json.dumps({"failure": words.failure, "error": error}).encode()
    with (folder / _NAME).open("r+b") as file:
        file.write(data.ljust(_SIZE_BYTES))
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> LastWords | None:
    """What a worker left; None where it left nothing, or nothing that can be read."""
    try:
        data = json.loads((folder / _NAME).read_bytes().strip() or b"null")
        failure, error = data["failure"], data["error"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if failure not in FAILURES or not isinstance(error, str):
        return None
    return LastWords(cast(Failure, failure), error)
