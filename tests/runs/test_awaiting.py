"""Runs that wait for another one: not claimed before it is done, ended with a way out where it will not be done."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bnn_designer.design import Design
from bnn_designer.runs import actions, awaiting
from bnn_designer.runs.database import RUNS, StoreError
from bnn_designer.runs.deleting import delete_run, remove_run
from bnn_designer.runs.limits import LimitReached
from bnn_designer.runs.records import Status
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is settled as a dispatcher does it, and no worker is started."""
    monkeypatch.setattr(actions, "dispatch", lambda store: awaiting.settle(store.engine))


@pytest.fixture
def teacher(store: Store, small_design: Design, quick_recipe: Recipe) -> str:
    return store.create_run(small_design, quick_recipe, person="Ada")


@pytest.fixture
def student(store: Store, small_design: Design, quick_recipe: Recipe, teacher: str) -> str:
    """It was queued before its teacher, which is no matter."""
    recipe = quick_recipe.changed(teacher=teacher)
    run_id = store.create_run(small_design, recipe, person="Ada", waits_for=teacher)
    with store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(queued_at=1.0))
    return run_id


def claimed(store: Store) -> str | None:
    claim = store.claim_next(9)
    return None if claim is None else claim[0]


def end(store: Store, run_id: str, status: Status) -> None:
    assert claimed(store) == run_id
    assert store.finish(run_id, status, "It broke.", failure="unexpected")


def test_it_is_taken_once_the_other_one_is_done(store: Store, teacher: str, student: str) -> None:
    assert store.run(student).waits_for == teacher
    assert claimed(store) == teacher
    assert claimed(store) is None
    assert store.has_work()
    store.finish(teacher, "done")
    assert awaiting.settle(store.engine) == []
    assert claimed(store) == student


def test_it_takes_no_turn_of_its_person_while_it_waits(
    store: Store, small_design: Design, quick_recipe: Recipe, teacher: str, student: str
) -> None:
    later = store.create_run(small_design, quick_recipe, person="Ada")
    assert [claimed(store), claimed(store), claimed(store)] == [teacher, later, None]
    queue, _ = store.in_line()
    assert [(run.run_id, run.after) for run in queue.waiting] == [(student, teacher)]
    store.finish(teacher, "done")
    queue, _ = store.in_line()
    assert [(run.run_id, run.after) for run in queue.waiting] == [(student, None)]


@pytest.mark.parametrize(("status", "said"), [("failed", "failed"), ("cancelled", "was cancelled")])
def test_where_the_other_one_ended_otherwise_it_fails_and_waits_again_with_it(
    store: Store, teacher: str, student: str, status: Status, said: str
) -> None:
    end(store, teacher, status)
    assert store.has_work()  # somebody has to say so
    assert awaiting.settle(store.engine) == [student]
    assert not store.has_work()
    run = store.run(student)
    assert (run.status, run.failure) == ("failed", "no_teacher")
    assert run.error == f"Run {teacher}, which it was to learn from, {said}. So it was not started."
    actions.resume(store, teacher)
    assert (store.run(teacher).status, store.run(student).status) == ("queued", "queued")
    assert store.run(student).error is None
    end(store, teacher, "done")
    assert claimed(store) == student


@pytest.mark.parametrize("status", ["paused", "interrupted"])
def test_one_that_can_be_resumed_is_waited_for_and_is_no_work(
    store: Store, teacher: str, student: str, status: Status
) -> None:
    end(store, teacher, status)
    assert awaiting.settle(store.engine) == []
    assert (claimed(store), store.run(student).status, store.has_work()) == (None, "queued", False)
    actions.resume(store, teacher)
    assert store.has_work()


def test_a_deleted_one_is_restored_with_the_retry_and_one_that_is_gone_is_done_without(
    store: Store, teacher: str, student: str
) -> None:
    end(store, teacher, "done")
    delete_run(store, teacher)
    assert claimed(store) is None
    assert awaiting.settle(store.engine) == [student]
    assert "was deleted" in str(store.run(student).error)
    # it was done: there is nothing to train again
    assert actions.retry_teacher(store, student) == "queued"
    assert store.run(teacher).status == "done"
    remove_run(store, teacher)
    awaiting.settle(store.engine)
    assert "is not there any more" in str(store.run(student).error)
    with pytest.raises(StoreError, match="there is no such run"):
        actions.retry_teacher(store, student)
    assert actions.without_teacher(store, student) == "queued"
    assert (store.run(student).recipe.teacher, store.run(student).waits_for) == (None, None)
    assert claimed(store) == student


def test_its_teacher_is_tried_again_from_where_it_stands(store: Store, teacher: str, student: str) -> None:
    end(store, teacher, "failed")
    awaiting.settle(store.engine)
    assert actions.retry_teacher(store, student) == "queued"
    assert store.run(teacher).status == "queued"
    for act in (actions.retry_teacher, actions.without_teacher):
        with pytest.raises(StoreError, match="not for want of its teacher"):
            act(store, teacher)


def test_those_that_wait_again_come_in_within_the_limits_or_nothing_does(
    store: Store, teacher: str, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(store, teacher, "cancelled")
    awaiting.settle(store.engine)
    monkeypatch.setenv("BNN_MAX_RUNS_PER_PERSON", "1")
    with pytest.raises(LimitReached, match="Ada has 1"):
        actions.resume(store, teacher)
    assert (store.run(teacher).status, store.run(student).status) == ("cancelled", "failed")
