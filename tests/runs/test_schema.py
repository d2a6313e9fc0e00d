"""The schema: made, brought up to date once, refused where it is a newer program's; on both databases."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bnn_designer.runs import migrations
from bnn_designer.runs.connection import open_engine
from bnn_designer.runs.database import METADATA
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.migrations import __main__ as new_revision
from bnn_designer.runs.schema import bring_up_to_date, revision
from bnn_designer.runs.store import Store, StoreError

ROOT = Path(__file__).parents[2]

#: A file of the last program before the revisions, as that program wrote it, in SQLite's own words.
VERSION_1 = """
CREATE TABLE store_schema (id INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (id));
INSERT INTO store_schema VALUES (1, 1);
CREATE TABLE run (
    id VARCHAR(16) NOT NULL, name TEXT NOT NULL, status VARCHAR(16) NOT NULL, design TEXT NOT NULL,
    recipe TEXT NOT NULL, created_at FLOAT NOT NULL, started_at FLOAT, finished_at FLOAT, heartbeat_at FLOAT,
    cancel_requested BOOLEAN DEFAULT '0' NOT NULL, error TEXT, host TEXT, pid INTEGER, process_started_at FLOAT,
    engine_used VARCHAR(16), best_val_accuracy FLOAT, PRIMARY KEY (id)
);
CREATE INDEX run_by_status ON run (status, created_at);
CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, run_id VARCHAR(16) NOT NULL, created_at FLOAT NOT NULL,
    event TEXT NOT NULL, FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);
CREATE INDEX event_by_run ON event (run_id, id);
CREATE TABLE draft_record (
    id VARCHAR(16) NOT NULL, name TEXT NOT NULL, folded_name TEXT NOT NULL, blocks INTEGER NOT NULL,
    height INTEGER NOT NULL, width INTEGER NOT NULL, channels INTEGER NOT NULL, recipe TEXT,
    revision INTEGER NOT NULL, editor TEXT NOT NULL, first_step INTEGER NOT NULL, step INTEGER NOT NULL,
    last_step INTEGER NOT NULL, updated_at FLOAT NOT NULL, deleted_at FLOAT, PRIMARY KEY (id)
);
CREATE TABLE draft_step (
    draft_id VARCHAR(16) NOT NULL, number INTEGER NOT NULL, design TEXT NOT NULL, PRIMARY KEY (draft_id, number),
    FOREIGN KEY(draft_id) REFERENCES draft_record (id) ON DELETE CASCADE
);
INSERT INTO run (id, name, status, design, recipe, created_at, best_val_accuracy)
    VALUES ('ab12cd34', 'old', 'done', '{}', '{}', 1700000000.5, 0.75);
INSERT INTO event (run_id, created_at, event) VALUES ('ab12cd34', 1700000001.0, '{"kind": "notice", "text": "hello"}');
INSERT INTO draft_record VALUES ('d1', 'net', 'net', 0, 32, 32, 3, NULL, 4, '', 0, 0, 0, 1700000002.0, NULL);
INSERT INTO draft_step VALUES ('d1', 0, '{"name": "net"}');
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def old(file: Path) -> str:
    """The address of such a file."""
    with sqlite3.connect(file) as connection:
        connection.executescript(VERSION_1)
    connection.close()
    return f"sqlite:///{file}"


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def test_the_revisions_make_what_is_declared(url: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    engine = open_engine(url)
    with engine.begin() as connection:
        migrations.upgrade(connection)
    assert differences(engine) == []
    engine.dispose()


def test_a_new_store_is_at_the_newest_revision(store: Store) -> None:
    with store.engine.connect() as connection:
        assert revision(connection) == migrations.head()
    assert differences(store.engine) == []


def test_revisions_are_numbered_without_a_gap_and_as_alembic_reads_them(tmp_path: Path) -> None:
    known = migrations.revisions()
    assert known == tuple(f"{number:04}" for number in range(1, len(known) + 1))
    scripts = ScriptDirectory(str(migrations.FOLDER))
    assert [one.revision for one in scripts.walk_revisions()] == list(reversed(known))


def test_an_older_programs_store_is_adopted_with_all_that_is_in_it(old: str, tmp_path: Path) -> None:
    store = Store(url=old, home=tmp_path)
    run = store.run("ab12cd34")
    assert (run.name, run.best_val_accuracy, run.created_at.timestamp()) == ("old", 0.75, 1700000000.5)
    assert [item.event.text for item in store.events("ab12cd34")] == ["hello"]  # type: ignore[union-attr]
    draft = Drafts(store.engine).get("d1")
    assert (draft.name, draft.revision) == ("net", 4)
    assert differences(store.engine) == []  # its tables of versions and tabs were missing
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        # the older program says "schema version 2, and this program reads version 1. Update the program"
        assert connection.exec_driver_sql("SELECT id, version FROM store_schema").all() == [(1, 2)]
    store.close()


def test_several_processes_bring_a_store_up_to_date_once(old: str, file: Path, tmp_path: Path) -> None:
    with sqlite3.connect(file) as connection:  # what runs twice would fail at the second time
        connection.execute("CREATE TABLE ran (revision TEXT)")
        connection.execute("CREATE TRIGGER once AFTER INSERT ON store_schema BEGIN INSERT INTO ran VALUES ('x'); END")
    connection.close()
    script = "import sys; from pathlib import Path; from bnn_designer.runs.store import Store; "
    script += "print(len(Store(url=sys.argv[1], home=Path(sys.argv[2])).runs()))"
    command = [sys.executable, "-c", script, old, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    assert [(process.communicate()[0].strip(), process.returncode) for process in processes] == [("1", 0)] * 4
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM ran").fetchone() == (1,)
    connection.close()


def test_a_change_that_fails_leaves_the_store_as_it_was(old: str, file: Path, tmp_path: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO event (run_id, created_at, event) VALUES ('nobody', 1.0, '{}')")
    connection.close()
    before = sqlite3.connect(file).execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    with pytest.raises(StoreError, match="1 row of event without the rows that belong there"):
        Store(url=old, home=tmp_path)
    assert sqlite3.connect(file).execute("SELECT name FROM sqlite_master ORDER BY name").fetchall() == before


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            ["UPDATE alembic_version SET version_num = '9999'"],
            r"has revision 9999.*reads up to \d{4}.*Update the program",
        ),
        (["INSERT INTO alembic_version VALUES ('0000')"], r"alembic_version.*has 2 rows .*restore a backup"),
        (["DELETE FROM alembic_version"], "alembic_version.*has 0 rows"),
        (["DROP TABLE alembic_version", "UPDATE store_schema SET version = 3"], "schema version 3.*Update the program"),
        (
            ["DROP TABLE alembic_version", "INSERT INTO store_schema VALUES (2, 1)"],
            r"store_schema.*has 2 rows \[2, 1\] instead of one",
        ),
    ],
)
def test_a_store_that_is_not_this_programs_is_refused_and_left_alone(
    store: Store, statements: list[str], message: str
) -> None:
    with store.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    with pytest.raises(StoreError, match=message):
        Store(url=store.url, home=store.home)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM run").scalar_one() == 0


def test_opening_a_store_that_is_up_to_date_loads_no_alembic(store: Store) -> None:
    script = "import sys; from pathlib import Path; from bnn_designer.runs.store import Store; "
    script += "Store(url=sys.argv[1], home=Path(sys.argv[2])); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script, store.url, str(store.home)], cwd=ROOT).returncode == 0


def test_the_next_column_is_one_small_file(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes it; a store of the program before is changed by it, and keeps what refers to the table."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for path in [*migrations.FOLDER.glob("*.*"), *migrations.FOLDER.glob("versions/0*.py")]:
        (folder / path.relative_to(migrations.FOLDER)).write_bytes(path.read_bytes())
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO run (id, name, status, design, recipe, created_at) VALUES ('r', 'n', 'done', '', '', 1)"
        )
        connection.exec_driver_sql("INSERT INTO event (run_id, created_at, event) VALUES ('r', 1, '{}')")

    declared = sa.MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(declared)
    declared.tables["run"].append_column(sa.Column("colour", sa.Text))
    monkeypatch.setattr(migrations, "FOLDER", folder)
    monkeypatch.setattr("bnn_designer.runs.database.METADATA", declared)
    migrations.revisions.cache_clear()
    try:
        path = Path(new_revision.main("runs have a colour"))
        migrations.revisions.cache_clear()
        text = path.read_text()
        assert re.fullmatch(r"0\d{3}_runs_have_a_colour\.py", path.name)
        assert "batch_op.add_column(sa.Column('colour', sa.Text(), nullable=True))" in text
        assert len(text.splitlines()) < 25
        # and one by hand, for which SQLite needs the table made anew: what refers to its rows must not go with them
        changed = (
            "    with op.batch_alter_table('run') as batch:\n        batch.alter_column('recipe', nullable=True)\n"
        )
        head = text[: text.index("    with")].replace(f"'{path.name[:4]}'", "'9999'")
        head = re.sub(r"down_revision = .*", f"down_revision = '{path.name[:4]}'", head)
        (path.parent / "9999_recipes_may_be_missing.py").write_text(head + changed)
        migrations.revisions.cache_clear()
        bring_up_to_date(store.engine)
        with store.engine.connect() as connection:
            assert revision(connection) == "9999"
            columns = {column["name"]: column for column in sa.inspect(connection).get_columns("run")}
            assert (columns["recipe"]["nullable"], columns["design"]["nullable"]) == (True, False)
            assert connection.exec_driver_sql("SELECT colour FROM run").all() == [(None,)]
            assert connection.exec_driver_sql("SELECT run_id FROM event").all() == [("r",)]
    finally:
        migrations.revisions.cache_clear()
