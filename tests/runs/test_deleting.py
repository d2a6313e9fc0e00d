"""Deleted runs: hidden, restored as they were, and gone for good after their time."""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.processes import Owner
from bnn_designer.runs.actions import resume
from bnn_designer.runs.database import RUNS, RunDeleted, StoreError
from bnn_designer.runs.deleting import delete_run, purge, remove_deleted, remove_run, restore_run
from bnn_designer.runs.execute import run_in_foreground
from bnn_designer.runs.labels import set_labels
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.events import Notice
from bnn_designer.training.recipe import Recipe, RecipeError

DAY_S = 24 * 60 * 60


def ended(store: Store, design: Design, recipe: Recipe) -> str:
    """A run that is done, with an event and a model of 100 bytes."""
    run_id = store.create_run(design, recipe, owner=Owner.of_process())
    store.add_event(run_id, Notice(text="said"))
    store.run_folder(run_id).mkdir(parents=True)
    store.checkpoint_path(run_id).write_bytes(bytes(100))
    store.finish(run_id, "done")
    return run_id


def test_a_deleted_run_is_hidden_and_comes_back_as_it_was(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = ended(store, small_design, quick_recipe)
    before, events = store.run(run_id), store.events(run_id)
    deleted = delete_run(store, run_id)
    assert deleted == replace(before, deleted_at=deleted.deleted_at)
    assert store.runs() == []
    assert store.runs(deleted=True) == [deleted]
    for call in (store.run, lambda one: resume(store, one), lambda one: set_labels(store, one, note="x")):
        with pytest.raises(RunDeleted, match=f"Run {run_id}: 'small' was deleted. It can be restored for 30 days"):
            call(run_id)
    with pytest.raises(RunDeleted):
        store.queue_again(run_id, allowed=("done",), why="")
    with pytest.raises(RunDeleted):
        delete_run(store, run_id)
    assert restore_run(store, run_id) == before
    assert restore_run(store, run_id) == before  # pressed twice
    assert store.events(run_id) == events
    assert store.checkpoint_path(run_id).exists()


@pytest.fixture(scope="module")
def world() -> tuple[Store, list[str]]:
    """A store with three runs that are done."""
    home = Path(tempfile.mkdtemp(prefix="bnn-deleting-"))
    store = Store(home=home, url=f"sqlite:///{home / 'runs.sqlite'}")
    return store, [ended(store, preset("binarynet"), Recipe(seed=seed)) for seed in range(3)]


@given(deleted=st.permutations(range(3)), restored=st.permutations(range(3)), count=st.integers(0, 3))
def test_whatever_is_deleted_and_restored_in_whatever_order_the_list_is_as_before(
    world: tuple[Store, list[str]], deleted: list[int], restored: list[int], count: int
) -> None:
    store, ids = world
    before = store.runs()
    for index in deleted[:count]:
        delete_run(store, ids[index])
    gone = {ids[index] for index in deleted[:count]}
    assert store.runs() == [run for run in before if run.id not in gone]
    assert {run.id for run in store.runs(deleted=True)} == gone
    for index in restored:
        restore_run(store, ids[index])
    assert store.runs() == before


def test_a_run_that_waits_leaves_the_queue_and_one_that_is_held_stays(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    waiting = store.create_run(small_design, quick_recipe)
    delete_run(store, waiting)
    assert store.claim_next(1) is None
    assert not store.has_work()
    assert restore_run(store, waiting).status == "cancelled"

    held = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    for call in (delete_run, remove_run):
        with pytest.raises(StoreError, match=r"still running. Cancel it first"):
            call(store, held)
    assert store.run(held).stopping is None

    # killed: its hold is ended first, so that its place in the queue is free
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == held).values(boot_id="another"))
    assert delete_run(store, held).stored_status == "interrupted"
    assert store.held() == []


def test_of_two_who_delete_a_run_and_one_who_claims_it_one_has_it(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    barrier = threading.Barrier(3)

    def act(call: str) -> bool:
        barrier.wait()
        try:
            return store.claim_next(1) is not None if call == "claim" else delete_run(store, run_id) is not None
        except StoreError:
            return False

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(act, ("delete", "claim", "delete"))) == 1


def age(store: Store, run_id: str, days: float) -> None:
    """Lets it have been deleted so many days ago."""
    deleted = RUNS.c.deleted_at - days * DAY_S
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(deleted_at=deleted))


def test_after_thirty_days_whoever_looks_removes_it_for_good(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    old, young, kept = (ended(store, small_design, quick_recipe) for _ in range(3))
    for run_id, days in ((old, 30.01), (young, 29.99)):
        delete_run(store, run_id)
        age(store, run_id, days)
    assert purge(store) == [old]
    assert not store.run_folder(old).exists()
    with pytest.raises(StoreError, match="there is no such run"):
        restore_run(store, old)
    assert [run.id for run in store.runs(deleted=True)] == [young]
    assert store.checkpoint_path(young).exists()
    age(store, young, 1)
    assert purge(store) == []  # looks once an hour
    assert remove_deleted(store) == (1, 100)
    assert [run.id for run in store.runs()] == [kept]
    assert remove_deleted(store) == (0, 0)


def test_a_run_is_removed_for_good_with_its_events_and_its_folder(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = ended(store, small_design, quick_recipe)
    assert remove_run(store, run_id) == 100
    assert not store.run_folder(run_id).exists()
    assert store.runs() == store.runs(deleted=True) == []
    assert store.heartbeat(run_id, "") == "lost"
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 0
    for call in (store.run, lambda one: delete_run(store, one), lambda one: remove_run(store, one)):
        with pytest.raises(StoreError, match="there is no such run"):
            call(run_id)


def test_a_deleted_run_is_nobodys_teacher_until_it_is_restored(
    tmp_path: Path, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch, small_design: Design, quick_recipe: Recipe
) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    store = Store(home=tmp_path, url=f"sqlite:///{tmp_path / 'runs.sqlite'}")

    def taught() -> RunRecord:
        return run_in_foreground(store, small_design, quick_recipe.changed(epochs=1, teacher=teacher))

    teacher = run_in_foreground(store, small_design, quick_recipe.changed(epochs=1)).id
    delete_run(store, teacher)
    with pytest.raises(RecipeError, match=f"Run {teacher}: 'small' was deleted. It can be restored"):
        taught()
    assert store.runs()[0].failure == "refused"
    restore_run(store, teacher)
    assert taught().status == "done"
