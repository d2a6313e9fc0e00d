"""What a store holds and where, and whether it is whole: the database's pages, its tables, and what is written in them.

Only reads. Nothing is made or brought up to date, so that a store which cannot be opened can be looked at too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import migrations
from bnn_designer.runs.connection import database_file, open_engine, shown
from bnn_designer.runs.database import EVENTS, METADATA, RUNS, StoreError
from bnn_designer.runs.drafts.tables import DRAFTS, STEPS
from bnn_designer.runs.run_folders import FOLDER, found_ids, used_bytes
from bnn_designer.runs.schema import OLD_VERSION, revision
from bnn_designer.training.events import event_from_json
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import counted

# So many of a kind are named; of the rest only their number is told.
_MOST_NAMED = 5


@dataclass
class Check:
    """What was found.

    Attributes:
        url: the database's address, without a password.
        home: the home folder.
        exists: whether there is a store.
        facts: what is where, in the order to show it.
        rows: by table, for those that are there.
        problems: a sentence each; none where all is well.
    """

    url: str
    home: Path
    exists: bool = True
    facts: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def check(url: str, home: Path) -> Check:
    """Looks at everything in a store; raises StoreError for an address that cannot be used, and for nothing else."""
    engine = open_engine(url)
    found = Check(shown(engine.url), home)
    file = database_file(engine.url)
    if file is not None and not file.exists():
        found.exists = False
        return found
    try:
        with engine.connect() as connection:
            for look in (_database, _tables, _documents, _drafts, _folders):
                look(connection, file, found)
    except StoreError as error:
        found.problems.append(str(error))
    finally:
        engine.dispose()
    return found


def _database(connection: Connection, file: Path | None, found: Check) -> None:
    """The database's own view of itself."""
    if file is None:
        found.facts["database"] = (
            f"{connection.dialect.name} {'.'.join(map(str, connection.dialect.server_version_info or ()))}"
        )
    else:
        found.facts["database"] = f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar_one()}"
        found.facts["size_bytes"] = str(sum(_size(Path(f"{file}{name}")) for name in ("", "-wal")))
        found.facts["free_bytes"] = str(shutil.disk_usage(file.parent).free)
        broken = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        if broken != ["ok"]:
            found.problems.append(
                f"{file}: pages are damaged ({_some(broken)}). Stop the app, move the file away and put a backup there."
            )
        loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if loose:
            tables = ", ".join(sorted({str(row[0]) for row in loose}))
            found.problems.append(
                f"{file}: {counted(len(loose), 'row')} of {tables} without the rows that belong there."
            )
    now = revision(connection)
    found.facts["revision"] = str(now)
    if now != migrations.head():
        found.facts["revision"] += f" (the next start of the app brings it to {migrations.head()})"


def _tables(connection: Connection, _file: Path | None, found: Check) -> None:
    """What is declared must be there, once the store is at the newest revision."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    for table in METADATA.sorted_tables:
        if table.name in there:
            columns = {column["name"] for column in inspector.get_columns(table.name)}
            missing = [column.name for column in table.columns if column.name not in columns]
            if table is not OLD_VERSION:
                found.rows[table.name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
        else:
            missing = ["all columns"]
        if missing and found.facts["revision"] == migrations.head():
            found.problems.append(
                f"{found.url}: the table {table.name} lacks {', '.join(missing)}. Restore a backup of the store."
            )


def _documents(connection: Connection, _file: Path | None, found: Check) -> None:
    """Designs, recipes and events are text for the database; here they are read."""
    if not {RUNS.name, EVENTS.name} <= set(found.rows):
        return
    rows = connection.execute(select(RUNS.c.id, RUNS.c.design, RUNS.c.recipe))
    designs = [row.id for row in rows if not (_reads(_design, row.design) and _reads(Recipe.from_json, row.recipe))]
    if designs:
        found.problems.append(
            f"{counted(len(designs), 'run')} with a design or a recipe that cannot be read: {_some(designs)}."
        )
    events = connection.execution_options(yield_per=1000).execute(select(EVENTS.c.id, EVENTS.c.event))
    unread = [str(row.id) for row in events if not _reads(event_from_json, row.event)]
    if unread:
        found.problems.append(f"{counted(len(unread), 'event')} that cannot be read, by number: {_some(unread)}.")


def _drafts(connection: Connection, _file: Path | None, found: Check) -> None:
    """Every draft needs the step that it is at, and every step is a design."""
    if not {DRAFTS.name, STEPS.name} <= set(found.rows):
        return
    present = (STEPS.c.draft_id == DRAFTS.c.id) & (STEPS.c.number == DRAFTS.c.step)
    without = select(DRAFTS.c.id).outerjoin(STEPS, present).where(STEPS.c.number.is_(None)).order_by(DRAFTS.c.id)
    lost = list(connection.execute(without).scalars())
    if lost:
        found.problems.append(f"{counted(len(lost), 'draft')} without the step to show: {_some(lost)}.")
    steps = connection.execution_options(yield_per=1000).execute(select(STEPS.c.draft_id, STEPS.c.design))
    unread = {row.draft_id for row in steps if not _reads(_design, row.design)}
    if unread:
        found.problems.append(
            f"{counted(len(unread), 'draft')} with steps that cannot be read: {_some(sorted(unread))}."
        )


def _folders(connection: Connection, _file: Path | None, found: Check) -> None:
    """Where weights and logs are; a folder without a run is what a deletion left."""
    if RUNS.name not in found.rows:
        return
    folders, known = found_ids(found.home), set(connection.execute(select(RUNS.c.id)).scalars())
    found.facts["run_folders"] = str(len(folders & known))
    found.facts["run_folders_bytes"] = str(used_bytes(found.home / FOLDER))
    if left := sorted(folders - known):
        taken = sum(used_bytes(found.home / FOLDER / run_id) for run_id in left)
        found.facts["folders_without_run"] = f"{len(left)}, {taken / 2**20:.1f} MiB: {_some(left)}"


def _design(text: str) -> Design:
    return Design.from_json(text, source="design")


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except BnnDesignerError:
        return False
    return True


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(str(name) for name in names[:_MOST_NAMED]) + more


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
