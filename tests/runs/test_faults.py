"""What can be wrong with a database, done to real ones: a name and a way out for each, and nothing half-written."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.processes import Owner
from bnn_designer.runs.connection import open_engine
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.faults import StoreFault
from bnn_designer.runs.heartbeat import Heartbeat
from bnn_designer.runs.life import Beat
from bnn_designer.runs.store import Store
from bnn_designer.training.events import Notice
from bnn_designer.training.failures import failure_of
from bnn_designer.training.recipe import Recipe
from tests import postgresql
from tests.runs.drafts.changes import naming
from tests.small_disk import fill, make_room, small_disk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "store.sqlite"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Store]:
    store = Store(url=f"sqlite:///{file}", home=file.parent, patience_s=0.1)
    yield store
    store.close()


def fault(action: Callable[[], object]) -> StoreFault:
    with pytest.raises(StoreFault) as caught:
        action()
    return caught.value


def filled_up_and_emptied(store: Store, disk: Path, design: Design, recipe: Recipe) -> str:
    """A store whose disk becomes full, and has room again: nothing is lost. Returns what was said meanwhile."""
    drafts = Drafts(store.engine)
    draft = drafts.create(Design(name="before"))
    run_id = store.create_run(design, recipe)
    saved = [store.add_event(run_id, Notice(text=str(number))) for number in range(10)]
    fill(disk)

    def until_full() -> None:
        while True:
            saved.append(store.add_event(run_id, Notice(text="x" * 1000)))

    found = fault(until_full)
    assert (found.kind, failure_of(found)) == ("full", "disk_full")

    def more_steps() -> None:
        for number in itertools.count():
            drafts.change(draft.id, naming(f"{number:080}"))

    assert fault(more_steps).kind == "full"
    # reading goes on, and shows all that was said to be saved, and nothing else
    assert [item.id for item in store.events(run_id)] == saved
    before = drafts.get(draft.id)

    make_room(disk)
    assert drafts.get(draft.id) == before
    assert drafts.change(draft.id, naming("after")).name == "after"
    again = store.add_event(run_id, Notice(text="again"))
    assert [item.id for item in store.events(run_id)] == [*saved, again]
    return str(found)


def test_a_full_disk_keeps_what_was_saved_and_saves_again_once_there_is_room(
    tmp_path: Path, small_design: Design, quick_recipe: Recipe
) -> None:
    with small_disk(tmp_path / "disk", size_kib=2048) as disk:
        store = Store(url=f"sqlite:///{disk / 'store.sqlite'}", home=disk)
        said = filled_up_and_emptied(store, disk, small_design, quick_recipe)
        assert f"{disk / 'store.sqlite'}: the disk is full, so nothing can be saved" in said
        with store.engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        store.close()


def test_a_full_disk_of_a_postgresql_server(tmp_path: Path, small_design: Design, quick_recipe: Recipe) -> None:
    reason = postgresql.missing()
    if reason is not None:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="bnn-disk-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)  # for the server's user, who may not look into pytest's folder either
        with small_disk(Path(folder) / "disk", size_kib=96 * 1024) as disk, postgresql.server(disk) as server:
            store = Store(url=server.new_database(), home=tmp_path)
            said = filled_up_and_emptied(store, disk, small_design, quick_recipe)
            assert "the disk is full, so nothing can be saved (could not extend file" in said
            assert "Make room there, then try again; what was saved before is safe." in said
            # nor is anything half there: each index has the rows that its table has
            with store.engine.connect() as connection:
                connection.exec_driver_sql("CREATE EXTENSION amcheck SCHEMA public")
                indexes = "SELECT indexrelid FROM pg_index WHERE indrelid = 'event'::regclass"
                checks = f"SELECT public.bt_index_check(indexrelid, true) FROM ({indexes}) AS indexes"
                assert len(connection.exec_driver_sql(checks).all()) == 2
            store.close()


def test_a_store_cannot_be_made_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size_kib=256) as disk:
        fill(disk)
        found = fault(lambda: Store(url=f"sqlite:///{disk / 'store.sqlite'}", home=disk))
        assert (found.kind, "the disk is full" in str(found)) == ("full", True)


def test_a_locked_store_says_so_after_its_patience_and_goes_on_later(sqlite: Store, file: Path) -> None:
    drafts = Drafts(sqlite.engine)
    draft = drafts.create(Design(name="before"))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = fault(lambda: drafts.change(draft.id, naming("after")))
    assert (found.kind, "another process keeps the store locked" in str(found)) == ("locked", True)
    assert drafts.get(draft.id) == draft
    other.execute("ROLLBACK")
    other.close()
    assert drafts.change(draft.id, naming("after")).name == "after"


def test_a_row_that_another_program_keeps_locked(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    store = Store(url=postgresql_server.new_database(), home=tmp_path, patience_s=0.1)
    drafts = Drafts(store.engine)
    draft = drafts.create(Design(name="before"))
    with open_engine(store.url).begin() as other:
        other.execute(text("SELECT * FROM draft_record FOR UPDATE"))
        assert fault(lambda: drafts.change(draft.id, naming("after"))).kind == "locked"
        assert drafts.get(draft.id) == draft
    assert drafts.change(draft.id, naming("after")).name == "after"
    store.close()


def test_a_heartbeat_outlives_a_locked_store(
    sqlite: Store, file: Path, small_design: Design, quick_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that ended at the first fault would leave its run without a sign of life."""
    monkeypatch.setattr("bnn_designer.runs.heartbeat.heartbeat_s", lambda: 0.01)
    run_id = sqlite.create_run(small_design, quick_recipe)
    claimed = sqlite.claim_next(1)
    assert claimed is not None
    run_id, lease = claimed
    assert sqlite.attach(run_id, Owner.of_process(), lease)
    tried, beat = threading.Event(), sqlite.heartbeat

    def noted(run_id: str, lease: str) -> Beat:
        try:
            return beat(run_id, lease)
        except StoreFault:
            tried.set()
            raise

    monkeypatch.setattr(sqlite, "heartbeat", noted)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    before = sqlite.run(run_id).heartbeat_at
    sqlite.run_folder(run_id).mkdir(parents=True)
    with Heartbeat(sqlite, run_id, lease, threading.Event()):
        assert tried.wait(60)
        other.execute("ROLLBACK")
        for _ in range(6000):
            if sqlite.run(run_id).heartbeat_at != before:
                break
            threading.Event().wait(0.01)
    other.close()
    assert sqlite.run(run_id).heartbeat_at != before


@pytest.mark.parametrize("table", ["run", "event", "draft_record"])
def test_dropped_tables(store: Store, table: str) -> None:
    """On both databases. What is gone is not made anew without a word, neither here nor by the next program."""
    cascade = " CASCADE" if store.engine.dialect.name == "postgresql" else ""
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}{cascade}")
    again = Store(url=store.url, home=store.home)
    look = {
        "run": again.runs,
        "event": lambda: again.events("r"),
        "draft_record": lambda: Drafts(again.engine).recent(),
    }[table]
    found = fault(look)
    assert (found.kind, table in str(found)) == ("tables missing", True)
    assert "bnn-designer store check" in str(found)
    again.close()


def test_a_file_that_is_no_database(file: Path) -> None:
    file.write_text("hello " * 1000)
    found = fault(lambda: Store(url=f"sqlite:///{file}", home=file.parent))
    assert (found.kind, "file is not a database" in str(found)) == ("damaged", True)
    assert file.read_text() == "hello " * 1000


def test_scribbled_pages(sqlite: Store, file: Path, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = sqlite.create_run(small_design, quick_recipe)
    for number in range(300):
        sqlite.add_event(run_id, Notice(text=str(number) * 200))
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite.close()
    size = file.stat().st_size
    with file.open("r+b") as opened:  # the first half has the names of the tables
        opened.seek(size // 2)
        opened.write(b"\xaa" * (size - size // 2))
    again = Store(url=f"sqlite:///{file}", home=file.parent)
    found = fault(lambda: again.events(run_id))
    assert (found.kind, "the store is damaged" in str(found)) == ("damaged", True)
    assert "put a backup in its place" in str(found)
    again.close()


def test_a_home_that_is_deleted_under_an_open_store(sqlite: Store, file: Path) -> None:
    drafts = Drafts(sqlite.engine)
    draft = drafts.create(Design(name="before"))
    shutil.rmtree(file.parent)
    for action in (lambda: drafts.change(draft.id, naming("after")), lambda: drafts.get(draft.id), sqlite.runs):
        found = fault(action)  # type: ignore[arg-type]
        assert (found.kind, str(file) in str(found)) == ("gone", True)
    assert not file.exists()


def test_a_store_that_is_moved_away_and_put_back_is_used_again(sqlite: Store, file: Path) -> None:
    drafts = Drafts(sqlite.engine)
    draft = drafts.create(Design(name="before"))
    moved = file.parent.rename(file.parent.with_name("elsewhere"))
    assert fault(lambda: drafts.get(draft.id)).kind == "gone"
    moved.rename(file.parent)
    assert drafts.change(draft.id, naming("after")).name == "after"


def test_a_backup_that_is_put_in_the_place_of_an_open_store_is_used(sqlite: Store, file: Path) -> None:
    drafts = Drafts(sqlite.engine)
    draft = drafts.create(Design(name="in the backup"))
    backup = file.with_name("backup.sqlite")
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
    drafts.change(draft.id, naming("lost later"))
    for name in ("", "-wal", "-shm"):
        Path(f"{file}{name}").unlink(missing_ok=True)
    assert fault(lambda: drafts.get(draft.id)).kind == "gone"
    backup.rename(file)
    assert drafts.get(draft.id).name == "in the backup"


def test_a_file_that_may_only_be_read(sqlite: Store, file: Path) -> None:
    """Root may write all the same, so the file system is what refuses."""
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        found = fault(lambda: connection.exec_driver_sql("DELETE FROM run"))
        connection.exec_driver_sql("PRAGMA query_only = OFF")
    assert (found.kind, "may be read but not written" in str(found)) == ("read-only", True)


def test_a_broken_constraint_is_no_fault_of_the_database(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)null") as caught, store.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO run (id) VALUES ('r')")
    assert not isinstance(caught.value, StoreFault)


def test_an_event_that_is_none(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO event (run_id, created_at, event) VALUES ('{run_id}', 1, 'scribble')")
    with pytest.raises(BnnDesignerError, match=r"no event of a run .*store check"):
        store.events(run_id)
