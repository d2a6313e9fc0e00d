"""Sees that an SQLite file is deleted, moved away or replaced while it is open.

An open file stays usable when its name is gone, so that edits would go on into a file that nobody can open again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from bnn_designer.runs.faults import StoreFault

_OPENED = "file"


def watch(engine: Engine, path: Path) -> None:
    """Looks at the file before each use of the database: a microsecond.

    A file that is gone is a :class:`StoreFault`. Where another one is in its place, such as a backup that was put
    back, the engine opens that one. Only the engine's first connection makes a file that is not there.
    """
    opened = False

    def before_connecting(*_: object) -> None:
        if opened and not path.exists():
            raise StoreFault("gone", str(path), "")

    def connected(_connection: Any, record: Any) -> None:
        nonlocal opened
        record.info[_OPENED] = _identity(path)
        opened = True

    def before_use(_connection: Any, record: Any, _proxy: Any) -> None:
        if _identity(path) != record.info[_OPENED]:  # a new connection is made, which looks whether there is a file
            raise DisconnectionError(f"{path} is another file now, or none")

    event.listen(engine, "do_connect", before_connecting)
    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", before_use)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
