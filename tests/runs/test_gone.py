"""The store or a run's folder deleted under a process that trains: it says so, ends, and makes nothing of it again."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs import supervisor
from bnn_designer.runs.heartbeat import BEATS_UNTIL_GONE, Heartbeat
from bnn_designer.runs.queue import submit
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training.failures import FolderGone
from bnn_designer.training.recipe import Recipe
from tests.runs.processes import end_all, wait_for_process_end, wait_until

#: 1,000 epochs of 250 steps, which nobody waits for.
RECIPE = Recipe(epochs=1000, subset=500, batch_size=2, validation_subset=200, engine="float")
FOLDER_GONE = "the run's folder was deleted or moved away while it trained, so nothing of it can be kept."
STORE_GONE = "the store was deleted or moved away while the program was running, so nothing can be saved."


@pytest.fixture(autouse=True)
def _quick_beats(synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("BNN_HEARTBEAT_S", "0.1")


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Store]:
    """A store whose database does not lie in its home folder, as one of PostgreSQL's."""
    store = Store(url=f"sqlite:///{tmp_path / 'beside.sqlite'}", home=tmp_path / "home_of_beside")
    yield store
    end_all(store)
    store.close()


@pytest.fixture
def within(tmp_path: Path) -> Iterator[Store]:
    """A store in its home folder."""
    store = Store(url=f"sqlite:///{tmp_path / 'home' / 'runs.sqlite'}", home=tmp_path / "home")
    yield store
    store.close()


@contextmanager
def worker_of(store: Store, design: Design) -> Iterator[tuple[RunRecord, TextIO]]:
    """A run and its worker's log, which can be read when it has no name any more."""
    run = store.run(submit(store, design, RECIPE))
    with store.log_path(run.id).open(encoding="utf-8") as log:
        try:
            yield run, log
        finally:
            if run.owner is not None:
                run.owner.send(signal.SIGKILL, command=(run.id,))


def test_a_worker_whose_run_s_folder_is_gone_ends_and_says_why(beside: Store, small_design: Design) -> None:
    with worker_of(beside, small_design) as (run, log):
        wait_until(lambda: beside.run(run.id).status == "running", "its first step is done", timeout_s=180)
        beside.home.rename(beside.home.with_name("away"))
        wait_for_process_end(run)
        said = log.read()
    assert f"ERROR __main__: run {run.id}: {beside.run_folder(run.id)}: {FOLDER_GONE}" in said
    assert not beside.home.exists()
    ended = beside.run(run.id)
    assert (ended.status, ended.failure) == ("failed", "folder_gone")
    assert FOLDER_GONE in str(ended.error)


def test_a_worker_whose_store_is_gone_ends_and_says_why(within: Store, small_design: Design) -> None:
    """Here before its first step."""
    with worker_of(within, small_design) as (run, log):
        wait_until((within.run_folder(run.id) / "last-words.json").exists, "it is at work")
        within.home.rename(within.home.with_name("away"))
        wait_for_process_end(run)
        said = log.read()
    assert f"ERROR __main__: run {run.id}: {within.home / 'runs.sqlite'}: {STORE_GONE}" in said
    assert "Traceback" not in said
    assert not within.home.exists()


def test_what_is_put_back_soon_was_not_gone(beside: Store, small_design: Design) -> None:
    run_id = beside.create_run(small_design, RECIPE, owner=Owner.of_process())
    folder, stop, told = beside.run_folder(run_id), threading.Event(), threading.Event()
    folder.mkdir(parents=True)
    beat = Heartbeat(beside, run_id, beside.run(run_id).lease or "", stop, told.set)
    for _ in range(3):
        folder.rename(folder.with_name("away"))
        for _ in range(BEATS_UNTIL_GONE - 1):
            beat._note(beat._beat())
        folder.with_name("away").rename(folder)
        beat._note(beat._beat())
    assert not beat.should_stop()
    folder.rmdir()
    with beat:
        assert told.wait(60)
    assert stop.is_set()
    with pytest.raises(FolderGone, match=f"{run_id}: the run's folder was deleted"):
        beat.should_stop()


def test_the_supervisor_starts_nothing_where_the_home_is_gone(
    beside: Store, small_design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MAX_FAILURES", 1)
    run_id = beside.create_run(small_design, RECIPE)
    shutil.rmtree(beside.home)
    assert not supervisor._supervise(beside)
    assert not beside.home.exists()
    assert beside.run(run_id).status == "queued"


@pytest.mark.parametrize("database_too", [False, True])
def test_who_starts_for_a_store_that_is_gone_makes_nothing(
    tmp_path: Path, database_too: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a supervisor that was still importing when it was deleted."""
    home, file = tmp_path / "home", tmp_path / "beside.sqlite"
    monkeypatch.setenv("BNN_HOME", str(home))
    monkeypatch.setenv("BNN_STORE_URL", f"sqlite:///{file}")
    Store().close()
    home.rmdir()
    if database_too:
        file.unlink()
    with pytest.raises(StoreError, match=STORE_GONE if database_too else "the home folder was deleted or moved away"):
        Store(make=False)
    assert supervisor.main() == 1
    assert not home.exists()
    assert file.exists() is not database_too
