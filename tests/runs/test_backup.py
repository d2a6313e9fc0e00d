"""Backups, moves and checks of real stores of both kinds: everything arrives, or nothing does."""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.processes import Owner
from bnn_designer.runs.backup import backup
from bnn_designer.runs.check import check
from bnn_designer.runs.connection import open_engine
from bnn_designer.runs.database import METADATA
from bnn_designer.runs.deleting import remove_run
from bnn_designer.runs.drafts import Drafts, Mark
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.runs.transfer import move
from bnn_designer.training.events import EpochEnd, Notice
from bnn_designer.training.recipe import Recipe
from tests import postgresql
from tests.runs.drafts.changes import naming
from tests.small_disk import small_disk


@pytest.fixture
def filled(store: Store, small_design: Design, quick_recipe: Recipe) -> tuple[Store, str]:
    """A store with everything that there can be in it, and the id of its finished run."""
    queued, done = (store.create_run(small_design, quick_recipe) for _ in range(2))
    store.request_cancel(queued)
    claimed = store.claim_next(1)
    assert claimed is not None
    assert claimed[0] == done
    for number in range(3):
        store.add_event(done, Notice(text=f"æ {number}"))
    end = EpochEnd(epoch=1, loss=0.1 + 0.2, accuracy=1 / 3, val_loss=2.5, val_accuracy=2 / 3, seconds=1e-9)
    last = store.add_event(done, end)
    store.add_event(done, Notice(text="x" * 100_000))
    assert store.finish(done, "done")
    folder = store.run_folder(done)
    (folder / "deeper").mkdir(parents=True)
    (folder / "model.keras").write_bytes(bytes(range(256)) * 10)
    (folder / "deeper" / "worker.log").write_text("said")
    (folder / ".model.partial.keras").write_bytes(b"half")
    # numbers of events that are gone are not given again
    gone = store.create_run(small_design, quick_recipe)
    assert store.add_event(gone, Notice(text="gone")) == last + 2
    remove_run(store, gone)

    drafts = Drafts(store.engine)
    draft = drafts.create(preset("bi-real-cifar"), recipe_json='{"epochs": 3}')
    for number in range(1, 5):
        drafts.change(draft.id, naming(f"step {number}"), mark=Mark("tab", number))
    drafts.undo(draft.id)
    drafts.snapshot(draft.id, "kept")
    drafts.delete(drafts.create(Design(name="deleted")).id)
    return store, done


def contents(url: str) -> dict[str, list[Any]]:
    """All rows of all tables."""
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    return found


def files(home: Path) -> dict[str, bytes]:
    folder = home / "runs"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def whole(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not Path(name).name.startswith(".")}


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of another empty database, of the one kind and of the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'target.sqlite'}"
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    return server.new_database()


def test_a_moved_store_is_the_same_store(filled: tuple[Store, str], target: str, tmp_path: Path) -> None:
    store, done = filled
    before = contents(store.url)
    counts = move(store, target, tmp_path / "elsewhere")
    assert counts == {name: len(rows) for name, rows in before.items() if name != "store_schema"}
    # 2 runs; 3 + 1 + 1 events; 2 drafts; 1 + 4 + 1 steps
    assert [counts[name] for name in ("run", "event", "draft_record", "draft_step")] == [2, 5, 2, 6]
    assert contents(target) == before == contents(store.url)
    assert files(tmp_path / "elsewhere") == whole(files(store.home))

    moved = Store(url=target, home=tmp_path / "elsewhere")
    assert moved.add_event(done, Notice(text="next")) == store.add_event(done, Notice(text="next"))
    assert moved.run(done) == store.run(done)
    moved.close()


def test_there_and_back_again(filled: tuple[Store, str], target: str, tmp_path: Path) -> None:
    store, _ = filled
    move(store, target)
    there = Store(url=target, home=store.home)
    move(there, f"sqlite:///{tmp_path / 'back.sqlite'}")
    there.close()
    assert contents(f"sqlite:///{tmp_path / 'back.sqlite'}") == contents(store.url)
    assert check(f"sqlite:///{tmp_path / 'back.sqlite'}", store.home).problems == []


def test_a_target_that_is_not_empty_is_left_alone(
    filled: tuple[Store, str], target: str, tmp_path: Path, small_design: Design, quick_recipe: Recipe
) -> None:
    store, _ = filled
    other = Store(url=target, home=tmp_path / "other")
    other.create_run(small_design, quick_recipe)
    before = contents(target)
    with pytest.raises(StoreError, match=r"the database is not empty \(rows: 1 in run\)"):
        move(store, target, tmp_path / "elsewhere")
    assert contents(target) == before
    assert not (tmp_path / "elsewhere").exists()
    with other.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM run")
        connection.exec_driver_sql("CREATE TABLE others (id INTEGER)")
    other.close()
    with pytest.raises(StoreError, match=r"tables of another program \(others\)"):
        move(store, target)


def test_a_store_is_not_moved_onto_itself_or_under_a_run_that_works(
    store: Store, tmp_path: Path, small_design: Design, quick_recipe: Recipe
) -> None:
    with pytest.raises(StoreError, match="this is the store itself"):
        move(store, store.url)
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    target = tmp_path / "target.sqlite"
    with pytest.raises(StoreError, match=f"a process works on run {run_id}"):
        move(store, f"sqlite:///{target}")
    assert not target.exists()


def test_rows_that_do_not_arrive_leave_the_target_empty(
    filled: tuple[Store, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = filled
    target = f"sqlite:///{tmp_path / 'target.sqlite'}"
    Store(url=target, home=tmp_path).close()
    with sqlite3.connect(tmp_path / "target.sqlite") as connection:
        connection.execute("CREATE TRIGGER eats BEFORE INSERT ON event WHEN NEW.id = 2 BEGIN SELECT RAISE(IGNORE); END")
    connection.close()
    with pytest.raises(StoreError, match="4 of 5 rows of event arrived, so nothing was kept"):
        move(store, target)
    assert {name: len(rows) for name, rows in contents(target).items() if rows} == {"store_schema": 1}


def test_a_backup_is_a_home_that_can_be_used(filled: tuple[Store, str], tmp_path: Path) -> None:
    store, done = filled
    made = backup(store, tmp_path / "backups" / "today")
    assert (made.runs, made.folders) == (2, 1)
    assert made.size_bytes == sum(path.stat().st_size for path in made.path.rglob("*") if path.is_file())
    assert contents(f"sqlite:///{made.path / 'bnn-designer.sqlite'}") == contents(store.url)
    assert files(made.path) == whole(files(store.home))
    assert [path.name for path in made.path.parent.iterdir()] == ["today"]
    opened = Store(home=made.path, url=f"sqlite:///{made.path / 'bnn-designer.sqlite'}")
    assert opened.run(done) == store.run(done)
    opened.close()
    with pytest.raises(StoreError, match="it is there already"):
        backup(store, made.path)


def test_a_backup_of_the_database_alone(filled: tuple[Store, str], tmp_path: Path) -> None:
    store, _ = filled
    made = backup(store, tmp_path / "alone" / "today.sqlite")
    assert [path.name for path in made.path.parent.iterdir()] == ["today.sqlite"]
    assert contents(f"sqlite:///{made.path}") == contents(store.url)


def test_backups_while_runs_write_are_of_one_moment(
    store: Store, tmp_path: Path, small_design: Design, quick_recipe: Recipe
) -> None:
    """Each writer changes two tables in a transaction; a backup in between would have one without the other."""
    run_ids = [store.create_run(small_design, quick_recipe) for _ in range(2)]
    over, failed = threading.Event(), list[BaseException]()

    def write(run_id: str) -> None:
        number = 0
        try:
            while not over.is_set():
                number += 1
                end = EpochEnd(epoch=1, loss=1, accuracy=0, val_loss=1, val_accuracy=number / 1e6, seconds=1)
                store.add_event(run_id, end)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(run_id,)) for run_id in run_ids]
    for writer in writers:
        writer.start()
    try:
        copies = [backup(store, tmp_path / f"{number}.sqlite").path for number in range(5)]
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert failed == []
    counts = [[len(events) for events in of_one_moment(path, run_ids)] for path in copies]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def of_one_moment(path: Path, run_ids: list[str]) -> list[list[EpochEnd]]:
    copy = Store(url=f"sqlite:///{path}", home=path.parent)
    found = []
    for run_id in run_ids:
        events = [item.event for item in copy.events(run_id) if isinstance(item.event, EpochEnd)]
        best = copy.run(run_id).best_val_accuracy
        assert best == (events[-1].val_accuracy if events else None)
        found.append(events)
    copy.close()
    return found


def test_a_backup_for_which_there_is_no_room_leaves_nothing(filled: tuple[Store, str], tmp_path: Path) -> None:
    store, _ = filled
    with small_disk(tmp_path / "disk", size_kib=64) as disk:
        with pytest.raises(StoreError, match=r"disk.*[Mm]ake room"):
            backup(store, disk / "today")
        assert list(disk.iterdir()) == []


def test_a_check_of_a_whole_store_says_what_is_where(filled: tuple[Store, str]) -> None:
    store, _ = filled
    (store.home / "runs" / "left").mkdir()
    found = check(store.url, store.home)
    assert found.problems == []
    assert found.rows["run"] == 2
    assert found.facts["run_folders"] == "1"
    assert found.facts["run_folders_bytes"] == str(sum(map(len, files(store.home).values())))
    assert found.facts["folders_without_run"] == "1, 0.0 MiB: left"


#: What is done to a store, and what the check says of it.
BREAKS: list[tuple[str, str]] = [
    ("UPDATE run SET design = '{' WHERE status = 'done'", r"1 run with a design or a recipe that cannot be read"),
    ("UPDATE event SET event = 'x' WHERE id < 4", r"3 events that cannot be read, by number: 1, 2, 3\."),
    ("DELETE FROM draft_step WHERE number = 3", r"1 draft without the step to show"),
    ("UPDATE draft_step SET design = '[]' WHERE number = 1", r"1 draft with steps that cannot be read"),
    ("DROP TABLE draft_client", r"the table draft_client lacks all columns"),
    ("ALTER TABLE run DROP COLUMN best_val_accuracy", r"the table run lacks best_val_accuracy"),
    ("DROP TABLE event", r"the table event lacks all columns"),
    ("UPDATE alembic_version SET version_num = '9999'", r"revision 9999.*Update the program"),
]


@pytest.mark.parametrize(("statement", "problem"), BREAKS, ids=lambda text: text[:24])
def test_a_check_finds_what_is_broken(filled: tuple[Store, str], statement: str, problem: str) -> None:
    store, _ = filled
    with store.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    found = check(store.url, store.home)
    assert len(found.problems) == 1, found.problems
    assert re.search(problem, found.problems[0]), found.problems


def test_a_check_finds_scribbled_pages(filled: tuple[Store, str]) -> None:
    store, _ = filled
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the files of a PostgreSQL server are its own")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    file = Path(str(store.engine.url.database))
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(size // 2)
        opened.write(b"\xaa" * (size - size // 2))
    found = check(store.url, store.home)
    assert any("damaged" in problem for problem in found.problems), found.problems
    with pytest.raises(StoreError, match="damaged"):
        backup(Store(url=store.url, home=store.home), store.home / "backup")
    assert not (store.home / "backup").exists()


def command(home: Path, url: str, *arguments: str) -> Result:
    return CliRunner(env={"BNN_HOME": str(home), "BNN_STORE_URL": url}).invoke(main, ["store", *arguments])


def test_the_commands(filled: tuple[Store, str], target: str, tmp_path: Path) -> None:
    store, _ = filled
    checked = command(store.home, store.url, "check")
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "All is well.")
    saved = command(store.home, store.url, "backup", str(tmp_path / "backup"))
    assert saved.exit_code == 0, saved.stderr
    assert saved.stdout.startswith(f"{tmp_path / 'backup'}: 2 runs, 1 folder of runs, ")
    again = command(store.home, store.url, "backup", str(tmp_path / "backup"))
    assert (again.exit_code, "it is there already" in again.stderr) == (2, True)
    moved = command(store.home, store.url, "move", target, "--home", str(tmp_path / "new"))
    assert moved.exit_code == 0, moved.stderr
    assert "All rows arrived. Set BNN_STORE_URL=" in moved.stdout
    assert contents(target) == contents(store.url)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE event")
    broken = command(store.home, store.url, "check", "--json")
    assert (broken.exit_code, "the table event lacks all columns" in broken.stdout) == (1, True)


def test_no_command_makes_a_store_where_there_is_none(tmp_path: Path) -> None:
    assert "There is no store there yet" in command(tmp_path, "", "check").stdout
    for arguments in (("backup", str(tmp_path / "b")), ("move", f"sqlite:///{tmp_path / 'm.sqlite'}")):
        result = command(tmp_path, "", *arguments)
        assert (result.exit_code, "there is no store yet" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
