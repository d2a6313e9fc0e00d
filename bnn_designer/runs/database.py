"""The tables of the store, and how the database is opened so that several processes can use it at once."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.schema import CreateIndex, CreateTable

from bnn_designer.errors import BnnDesignerError

SCHEMA_VERSION = 1

# How long one process waits for another's write; a write here takes milliseconds.
BUSY_TIMEOUT_S = 30.0

# Any number that nothing else in the database locks.
_CREATING = 0x626E6E

METADATA = MetaData()

SCHEMA = Table(
    "store_schema",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)

# Times are Unix seconds: SQLite has no type for them, and seconds compare and survive every database alike.
RUNS = Table(
    "run",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("design", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("heartbeat_at", Float),
    Column("cancel_requested", Boolean, nullable=False, default=False, server_default="0"),
    Column("error", Text),
    Column("host", Text),
    Column("pid", Integer),
    Column("process_started_at", Float),
    Column("boot_id", Text),
    Column("lease", String(16)),
    Column("queued_at", Float),
    Column("attempt_at", Float),
    Column("training_at", Float),
    Column("spent_s", Float, nullable=False, default=0.0, server_default="0"),
    Column("pause_requested", Boolean, nullable=False, default=False, server_default="0"),
    Column("stop_requested_at", Float),
    Column("failure", String(32)),
    Column("parent", String(16)),
    Column("threads", Integer),
    Column("engine_used", String(16)),
    Column("best_val_accuracy", Float),
    Column("best_val_images", Integer),
    Index("run_by_status", "status", "created_at"),
)

EVENTS = Table(
    "event",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(16), ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("event", Text, nullable=False),
    Index("event_by_run", "run_id", "id"),
    sqlite_autoincrement=True,
)


class StoreError(BnnDesignerError):
    """The store cannot be opened, was written by a newer program, or does not hold what was asked for."""


def open_engine(url: str) -> Engine:
    """An engine for the address; raises StoreError for one that SQLAlchemy cannot read or has no driver for."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        mend = "Set BNN_STORE_URL to an address such as sqlite:////home/me/bnn.sqlite, or unset it"
        raise StoreError(f"{url}: the store's address cannot be used ({error}). {mend}.") from error
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def create_tables(engine: Engine) -> None:
    """Creates what is missing and checks the schema's version; several processes may do it at once.

    Raises:
        StoreError: the database cannot be opened, or a newer program wrote it.
    """
    first_version = insert(SCHEMA).from_select(
        ["id", "version"], select(literal(1), literal(SCHEMA_VERSION)).where(~exists(select(SCHEMA.c.id)))
    )
    try:
        with engine.begin() as connection:
            connection.execute(CreateTable(SCHEMA, if_not_exists=True))
            connection.execute(first_version)
            version = connection.execute(select(SCHEMA.c.version)).scalar_one()
            if version != SCHEMA_VERSION:
                raise StoreError(
                    f"{engine.url}: the store has schema version {version}, and this program reads version "
                    f"{SCHEMA_VERSION}. Update the program, or set BNN_HOME to another folder."
                )
            create_missing(connection, METADATA)
    except DBAPIError as error:
        mend = "Set BNN_HOME to a folder on a local disk that can be written to, or move the file away"
        raise StoreError(f"{engine.url}: the store cannot be opened ({error.orig}). {mend}.") from error


def create_missing(connection: Connection, metadata: MetaData) -> None:
    """Creates the tables and indexes that are missing; several processes may do it at once."""
    if connection.dialect.name == "postgresql":  # where "if not exists" alone lets two at once fail
        connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """WAL: readers do not wait for a writer. Foreign keys: off in SQLite unless asked for, for every connection."""
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # with WAL, NORMAL loses at most the last events in a power cut, and never the database
        cursor.execute("PRAGMA synchronous = NORMAL")
        _switch_to_wal(cursor)
    finally:
        cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """The mode lasts in the file. The first switch does not heed the busy timeout, so that it is tried again here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
