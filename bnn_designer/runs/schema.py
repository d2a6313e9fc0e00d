"""The schema in the database: made where there is none, brought up to date where an older program made it.

The table ``alembic_version`` has the revision. It is read at each opening, in a millisecond; alembic is loaded only
where there is something to change. A new database is made from the tables as they are declared, and is then at the
newest revision; a test holds the declared tables to what the revisions make.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, insert, inspect, select

from bnn_designer.runs import migrations
from bnn_designer.runs.classes import tables as class_tables  # noqa: F401 - its tables are among METADATA's
from bnn_designer.runs.connection import lock_store, shown
from bnn_designer.runs.database import METADATA, StoreError
from bnn_designer.runs.drafts import tables  # noqa: F401 - its tables are among METADATA's
from bnn_designer.runs.drafts.migration import move_old_drafts
from bnn_designer.units import counted

#: As alembic makes it.
REVISION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

#: What programs before the revisions knew a schema by: they made 1, and refuse any other number.
OLD_VERSION = Table(
    "store_schema",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)

#: Tells those programs that this store is no longer theirs.
NOT_FOR_OLD_PROGRAMS = 2


def bring_up_to_date(engine: Engine) -> None:
    """Makes the tables, or changes those of an older program, once; several processes may call it at the same time.

    Raises:
        StoreError: a newer program wrote the store, or what says which one did is broken.
    """
    with engine.connect() as connection:
        if revision(connection) == migrations.head():
            return
    with _changing(engine) as connection:
        found = revision(connection)  # again: another process may have been first
        if found == migrations.head():
            return
        if found is None and not set(inspect(connection).get_table_names()) & set(METADATA.tables):
            _make(connection)
            return
        _check_old_version(connection, found)
        migrations.upgrade(connection)
        move_old_drafts(connection)


def revision(connection: Connection) -> str | None:
    """The revision that the database is at; None: at none yet.

    Raises:
        StoreError: it is one that this program does not know, or several.
    """
    if not inspect(connection).has_table(REVISION.name):
        return None
    found = connection.execute(select(REVISION.c.version_num).order_by(REVISION.c.version_num)).scalars().all()
    where = shown(connection.engine.url)
    if len(found) != 1:
        raise StoreError(
            f"{where}: the table {REVISION.name} says which program wrote the store, and has {len(found)} rows "
            f"{list(found)} instead of one. Another program wrote there: restore a backup of the store."
        )
    if found[0] not in migrations.revisions():
        raise _newer(where, f"revision {found[0]}", f"up to {migrations.head()}")
    return str(found[0])


def _check_old_version(connection: Connection, found: str | None) -> None:
    """Of a store of a program before the revisions; raises StoreError where that program cannot have made it."""
    if found is not None or not inspect(connection).has_table(OLD_VERSION.name):
        return
    versions = list(connection.execute(select(OLD_VERSION.c.version).order_by(OLD_VERSION.c.id)).scalars())
    where = shown(connection.engine.url)
    if len(versions) > 1:
        raise StoreError(
            f"{where}: the table {OLD_VERSION.name} says which program wrote the store, and has {len(versions)} rows "
            f"{versions} instead of one. Another program wrote there: restore a backup of the store."
        )
    if versions and versions[0] != 1:
        raise _newer(where, f"schema version {versions[0]}", "version 1 and the revisions after it")


def _newer(where: str, found: str, known: str) -> StoreError:
    return StoreError(
        f"{where}: the store has {found}, and this program reads {known}. Update the program, or set BNN_HOME to "
        "another folder."
    )


def _make(connection: Connection) -> None:
    """All tables at once, in an empty database."""
    METADATA.create_all(connection, checkfirst=False)
    REVISION.create(connection)
    connection.execute(insert(OLD_VERSION).values(id=1, version=NOT_FOR_OLD_PROGRAMS))
    connection.execute(insert(REVISION).values(version_num=migrations.head()))


@contextmanager
def _changing(engine: Engine) -> Iterator[Connection]:
    """One transaction for all of it, which one process at a time has.

    SQLite changes most of a table by making another in its place: with foreign keys on, dropping the old one would
    delete what refers to it. They are checked at the end instead.
    """
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            lock_store(connection)
            yield connection
            connection.commit()
            return
        try:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                places = sorted({str(row[0]) for row in broken})
                raise StoreError(
                    f"{shown(engine.url)}: {counted(len(broken), 'row')} of {', '.join(places)} without the rows "
                    "that belong there, so the store is left as it was. Restore a backup, or delete those rows."
                )
            connection.commit()
        finally:
            connection.invalidate()  # the next one has foreign keys on
