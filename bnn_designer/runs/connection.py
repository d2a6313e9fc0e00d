"""How the database is opened, so that several processes can use it at once and nothing that was saved is lost."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from bnn_designer.runs.database import StoreError
from bnn_designer.runs.faults import Place, StoreFault, name_faults, password_of
from bnn_designer.runs.file_watch import watch

#: The store's name in the home folder, where BNN_STORE_URL names no other.
DATABASE_FILE = "bnn-designer.sqlite"

# How long one process waits for another's write; a write here takes milliseconds.
PATIENCE_S = 30.0

# For a server that does not answer.
_CONNECT_TIMEOUT_S = 10

# The one driver that is tried; `pip install bnn-designer[postgresql]` brings it.
_POSTGRESQL = "postgresql+psycopg"

# With less room than that, SQLite's files cannot grow: a few pages of 4 KiB, and 32 KiB for the index of its log.
_ROOM_BYTES = 64 * 1024

# Any number that nothing else in the database locks.
_WHOLE_STORE = 0x626E6E

_MEND = (
    "Set BNN_STORE_URL to an address such as sqlite:////home/me/bnn.sqlite or postgresql://me@host/bnn, or unset it "
    "to keep the store in BNN_HOME"
)


def open_engine(url: str, *, patience_s: float = PATIENCE_S) -> Engine:
    """An engine for an address; ``postgresql://`` is taken to mean psycopg. Nothing is connected to yet.

    Args:
        url: a SQLAlchemy address.
        patience_s: how long a statement waits for what another process has locked.

    Raises:
        StoreError: SQLAlchemy cannot read the address, or has no driver for it.
    """
    address = read_address(url)
    try:
        if address.get_backend_name() == "sqlite":
            engine = create_engine(address, connect_args={"timeout": patience_s})
        else:
            # a server may have been started again since the last statement, which is asked for before each use
            timeout = {"connect_timeout": _CONNECT_TIMEOUT_S} if address.drivername == _POSTGRESQL else {}
            engine = create_engine(address, pool_pre_ping=True, connect_args=timeout)
    except ImportError as error:
        if address.drivername == _POSTGRESQL:
            mend = "Install it: pip install 'bnn-designer[postgresql]'"
            raise StoreError(f"{shown(url)}: psycopg, the driver for PostgreSQL, is not here. {mend}.") from error
        raise StoreError(f"{shown(url)}: the store's address cannot be used ({error}). {_MEND}.") from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"{shown(url)}: the store's address cannot be used ({error}). {_MEND}.") from None
    file = database_file(address)
    name_faults(engine, Place(shown(address) if file is None else str(file), password_of(address), _is_full(file)))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: _set_up_sqlite(connection, patience_s))
        if file is not None:
            watch(engine, file)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", lambda connection, _: _set_up_postgresql(connection, patience_s))
    return engine


def read_address(url: str) -> URL:
    """The address in its parts, with the driver that is used; raises StoreError for one that cannot be read."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # without the reason, which repeats the address, password and all
        raise StoreError(f"{shown(url)}: the store's address cannot be used: it is none. {_MEND}.") from None
    if address.drivername in ("postgresql", "postgres"):
        return address.set(drivername=_POSTGRESQL)
    return address


def shown(url: str | URL) -> str:
    """An address as messages show it: without a password, and without the driver that goes without saying."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return re.sub(r"//.*@", "//***@", str(url))
    if "password" in address.query:
        address = address.difference_update_query(["password"])
    if address.drivername == _POSTGRESQL:
        address = address.set(drivername="postgresql")
    return address.render_as_string(hide_password=True)


def database_file(address: URL) -> Path | None:
    """The file of an SQLite database; None for one in memory, and for other databases."""
    if address.get_backend_name() != "sqlite" or not address.database or address.database == ":memory:":
        return None
    return None if address.database.startswith("file:") else Path(address.database).absolute()


def check_is_there(home: Path, url: str) -> None:
    """Whether a store has its home folder and, as SQLite's, its file: for those who must not make them again.

    Raises:
        StoreError: it has not.
    """
    file = database_file(read_address(url))
    if file is not None and not file.exists():
        raise StoreFault("gone", str(file), "")
    check_home(home)


def check_home(home: Path) -> None:
    """Raises StoreError where there is no home folder."""
    if not home.is_dir():
        raise StoreError(f"{home}: the home folder was deleted or moved away. Put it back.")


def _is_full(file: Path | None) -> Callable[[], bool]:
    """Whether the disk of a database's file has no room for another page; where it is unknown, no."""

    def ask() -> bool:
        try:
            disk = shutil.disk_usage(file.parent) if file is not None else None
        except OSError:
            return False
        return disk is not None and disk.total > 0 and disk.free < _ROOM_BYTES

    return ask


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads before it writes; all of it is saved, or nothing.

    SQLite lets one process write at a time. Python's driver would begin only with the first write, so that what was
    read before it could have changed meanwhile. PostgreSQL lets several write: lock the row that is read
    (``with_for_update``), or call :func:`lock_store`.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def lock_store(connection: Connection) -> None:
    """Lets no other transaction that calls this go on before this one ends: for what looks at more than it changes.

    SQLite's :func:`writing` does so already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_WHOLE_STORE)))


def _set_up_sqlite(connection: Any, patience_s: float) -> None:
    """WAL: readers do not wait for a writer. Foreign keys: off in SQLite unless asked for, for every connection."""
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What was saved stays saved: a commit waits for the disk. NORMAL would lose the last edits in a power cut.
        # Measured here, a commit of 500 bytes: 0.7 ms instead of 0.01 ms; a run writes once or twice a second.
        cursor.execute("PRAGMA synchronous = FULL")
        _switch_to_wal(cursor, patience_s)
    finally:
        cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor, patience_s: float) -> None:
    """The mode lasts in the file. The first switch does not heed the busy timeout, so that it is tried again here."""
    deadline = time.monotonic() + patience_s
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _set_up_postgresql(connection: Any, patience_s: float) -> None:
    """A commit is on disk when it returns by PostgreSQL's own default (``synchronous_commit``)."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {int(patience_s * 1000)}")
    connection.autocommit = False
