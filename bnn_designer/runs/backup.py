"""A copy of a store as it is at one moment, while runs and pages go on writing.

A backup is a home folder: ``BNN_HOME=BACKUP bnn-designer app`` opens it. Its database is an SQLite file, wherever the
store itself is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select, text

from bnn_designer.files import replace_durably, sync_folder
from bnn_designer.runs.connection import DATABASE_FILE, open_engine, shown, writing
from bnn_designer.runs.database import RUNS, StoreError
from bnn_designer.runs.run_folders import copy_folders, used_bytes
from bnn_designer.runs.schema import bring_up_to_date
from bnn_designer.runs.store import Store
from bnn_designer.runs.transfer import copy_rows

#: A path that ends so is the database alone.
DATABASE_SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True)
class Backup:
    """What was written: the runs in the database, how many of them with a folder, and the size of all.

    ``folders`` None: the database alone.
    """

    path: Path
    runs: int
    folders: int | None
    size_bytes: int


def backup(store: Store, path: Path) -> Backup:
    """Writes a backup; whole, or not at all.

    Args:
        store: may be in use, also by other processes.
        path: a folder that is not there yet, for the database and the folders of runs; or a file ``*.sqlite``, for
            the database alone.

    Raises:
        StoreError: something is there already, or it cannot be written.
    """
    if os.path.lexists(path):
        raise StoreError(f"{path}: it is there already. Name another place, or move it away.")
    alone = path.suffix in DATABASE_SUFFIXES
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise StoreError(f"{path}: the backup cannot be written ({error.strerror}). Name another folder.") from error
    try:
        partial.chmod(0o700 if alone else 0o755)
        copy = partial / DATABASE_FILE
        ids = _copy_database(store.engine, copy)
        if alone:
            size = copy.stat().st_size
            replace_durably(copy, path)
            return Backup(path, len(ids), None, size)
        folders = copy_folders(store.home, partial, ids)
        size = used_bytes(partial)
        sync_folder(partial)
        partial.rename(path)
        sync_folder(path.parent)
        return Backup(path, len(ids), folders, size)
    except OSError as error:
        raise StoreError(
            f"{path}: the backup cannot be written ({error.strerror}). Make room there, or name another folder."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy_database(engine: Engine, copy: Path) -> list[str]:
    """Copies the database into an SQLite file, and returns the ids of the runs in it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection, contextlib.closing(sqlite3.connect(copy)) as target:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            try:  # SQLite's online backup: all pages in one step are those of one moment, and no writer waits
                source.backup(target)
            except sqlite3.Error as error:
                raise StoreError(
                    f"{shown(engine.url)}: the backup cannot be written to {copy.parent.parent} ({error}). Make room "
                    "there; bnn-designer store check says whether the store itself is whole."
                ) from error
    made = open_engine(f"sqlite:///{copy}")
    try:
        if engine.dialect.name != "sqlite":
            bring_up_to_date(made)
            with engine.connect() as reading, writing(made) as filling:
                # all tables as they were at one moment
                reading = reading.execution_options(isolation_level="REPEATABLE READ")
                copy_rows(reading, filling)
        with made.connect() as connection:
            broken = connection.execute(text("PRAGMA integrity_check")).scalars().all()
            if broken != ["ok"]:
                raise StoreError(
                    f"{shown(engine.url)}: the store is damaged, so no backup was made ({broken[0]}). "
                    "Keep the last good backup; bnn-designer store check says more."
                )
            ids = [str(run_id) for run_id in connection.execute(select(RUNS.c.id)).scalars()]
            connection.rollback()
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it in one file
    finally:
        made.dispose()
    for name in ("-wal", "-shm"):
        Path(f"{copy}{name}").unlink(missing_ok=True)
    return ids
