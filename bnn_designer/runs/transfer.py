"""All that a store holds, from one database into another: SQLite, PostgreSQL, both ways.

Nobody can write to the source meanwhile; readers go on. The target gets all rows in one transaction, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, inspect, select, text

from bnn_designer.runs.connection import database_file, open_engine, shown, writing
from bnn_designer.runs.database import EVENTS, METADATA, RUNS, StoreError, storable
from bnn_designer.runs.drafts.migration import OLD_DRAFTS
from bnn_designer.runs.records import HELD
from bnn_designer.runs.run_folders import copy_folders
from bnn_designer.runs.schema import OLD_VERSION, REVISION, bring_up_to_date
from bnn_designer.runs.store import Store

_ROWS_AT_ONCE = 500


def move(source: Store, url: str, home: Path | None = None) -> dict[str, int]:
    """Copies everything into another database; the source stays as it is.

    Args:
        source: the store as it is; up to date.
        url: the address of an empty database.
        home: where the folders of runs are copied to; None: they stay where they are.

    Returns:
        The number of rows by table, the same in both.

    Raises:
        StoreError: the target is not empty or is the source, a run is being worked on, or rows were lost on the way.
    """
    target = open_engine(url)
    try:
        _check_empty(target, source)
        with _held(source.engine) as reading:
            busy = list(reading.execute(select(RUNS.c.id).where(RUNS.c.status.in_(HELD))).scalars())
            if busy:
                raise StoreError(
                    f"{shown(source.engine.url)}: a process works on run {', '.join(busy)}, and would write to the old "
                    "store after the move. Wait for its end, or cancel it; then stop the app, and move."
                )
            if home is not None:
                copy_folders(source.home, home, list(reading.execute(select(RUNS.c.id)).scalars()))
            bring_up_to_date(target)
            with writing(target) as filling:
                return copy_rows(reading, filling)
    finally:
        target.dispose()


def copy_rows(reading: Connection, filling: Connection) -> dict[str, int]:
    """Copies the rows of every table, and where the numbers of events are, into empty tables.

    Raises:
        StoreError: the target has not as many rows as the source.
    """
    counts: dict[str, int] = {}
    for table in _tables(reading):
        if table is OLD_DRAFTS:
            table.create(filling, checkfirst=True)
        counts[table.name] = _copy(table, reading, filling)
        arrived = _count(filling, table)
        if arrived != counts[table.name]:
            raise StoreError(
                f"{shown(filling.engine.url)}: {arrived} of {counts[table.name]} rows of {table.name} arrived, so "
                "nothing was kept there. Use a database that nobody else writes to."
            )
    _set_last_event(filling, _last_event(reading))
    return counts


def _tables(reading: Connection) -> list[Table]:
    """What holds something, what others refer to first; drafts that no program could read yet are among it."""
    tables = [table for table in METADATA.sorted_tables if table is not OLD_VERSION]
    return [*tables, OLD_DRAFTS] if inspect(reading).has_table(OLD_DRAFTS.name) else tables


def _copy(table: Table, reading: Connection, filling: Connection) -> int:
    count = 0
    rows = reading.execution_options(stream_results=True).execute(select(table))
    for some in rows.mappings().partitions(_ROWS_AT_ONCE):
        filling.execute(insert(table), [{name: _value(value) for name, value in row.items()} for row in some])
        count += len(some)
    return count


def _value(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


@contextmanager
def _held(engine: Engine) -> Iterator[Connection]:
    """A transaction in which nobody else changes the store."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            names = ", ".join(table.name for table in METADATA.sorted_tables)
            connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        yield connection


def _check_empty(target: Engine, source: Store) -> None:
    where = shown(target.url)
    mend = "Name an empty database, or a file that is not there yet"
    file, own = database_file(target.url), database_file(source.engine.url)
    if target.url == source.engine.url or (file is not None and own is not None and file.resolve() == own.resolve()):
        raise StoreError(f"{where}: this is the store itself. {mend}.")
    if file is not None and not file.exists():
        return  # and is not made before all else is well
    ours = {table.name: table for table in (*METADATA.sorted_tables, OLD_DRAFTS) if table is not OLD_VERSION}
    with target.connect() as connection:
        names = set(inspect(connection).get_table_names())
        foreign = names - set(ours) - {OLD_VERSION.name, REVISION.name}
        if foreign:
            raise StoreError(
                f"{where}: the database has tables of another program ({', '.join(sorted(foreign))}). {mend}."
            )
        full = {name: _count(connection, ours[name]) for name in sorted(names & set(ours))}
        if any(full.values()):
            rows = ", ".join(f"{count:,} in {name}" for name, count in full.items() if count)
            raise StoreError(f"{where}: the database is not empty (rows: {rows}). {mend}.")


def _last_event(connection: Connection) -> int:
    """The highest number that an event ever had: those of later ones grow from there, also where it was deleted."""
    highest = connection.execute(select(func.max(EVENTS.c.id))).scalar_one() or 0
    if connection.dialect.name == "sqlite":
        query = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
    else:
        query = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM event_id_seq"
    return max(highest, connection.execute(text(query)).scalar_one_or_none() or 0)


def _set_last_event(connection: Connection, number: int) -> None:
    if number == 0:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = 'event'"))
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('event', :n)"), {"n": number})
    else:
        connection.execute(text("SELECT setval('event_id_seq', :n)"), {"n": number})
