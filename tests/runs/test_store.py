"""The store on a real SQLite file and a real PostgreSQL server: round trips, the life of a run, several processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.folders import home_dir
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store, StoreError, store_url
from bnn_designer.training.events import (
    EpochEnd,
    Failed,
    FirstStep,
    LatentWeights,
    Notice,
    Resumed,
    Started,
    StepWindow,
    event_from_json,
)
from bnn_designer.training.recipe import Recipe

STARTED = Started(
    engine="xnor", engine_reason=None, train_images=500, validation_images=200, steps_per_epoch=10, epochs=2
)


LATENT = LatentWeights(
    val_loss=2.1,
    val_accuracy=0.5,
    latent_val_loss=3.0,
    latent_val_accuracy=0.1,
    own_norms_val_loss=2.5,
    own_norms_val_accuracy=0.2,
)


def epoch_end(epoch: int, val_accuracy: float) -> EpochEnd:
    return EpochEnd(epoch=epoch, loss=2.0, accuracy=0.3, val_loss=2.1, val_accuracy=val_accuracy, seconds=1.5)


def test_a_run_comes_back_as_it_was_stored(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run = store.run(store.create_run(small_design, quick_recipe))
    assert (run.name, run.status) == ("small", "queued")
    assert run.design == small_design
    assert run.recipe == quick_recipe
    assert run.created_at.tzinfo is not None
    assert (run.stopping, run.spent_s, run.parent, run.threads) == (None, 0.0, None, None)
    nothing_yet = (run.started_at, run.finished_at, run.error, run.pid, run.engine_used, run.best_val_accuracy)
    assert nothing_yet == (None,) * 6
    assert not run.ended


def test_runs_come_newest_first_and_survive_a_new_store(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    ids = [store.create_run(small_design, quick_recipe) for _ in range(3)]
    assert len(set(ids)) == 3
    again = Store(url=store.url, home=store.home)
    assert [run.id for run in again.runs()] == ids[::-1]
    again.close()


def test_events_come_back_in_order_and_from_where_one_left_off(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    one, other = (store.create_run(small_design, quick_recipe) for _ in range(2))
    window = StepWindow(epoch=1, step=10, steps_per_epoch=10, loss=2.25, accuracy=0.125, images_per_second=99.5)
    events = [Notice(text="æ"), STARTED, window, epoch_end(1, 0.4), Failed(reason="full disk")]
    for event in events:
        store.add_event(one, event)
        store.add_event(other, Notice(text="not mine"))
    stored = store.events(one)
    assert [item.event for item in stored] == events
    assert [item.event for item in store.events(one, after=stored[2].id)] == events[3:]
    assert store.events(one, after=stored[-1].id) == []


def test_engine_and_best_accuracy_follow_from_the_events(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    store.add_event(run_id, STARTED)
    for epoch, accuracy in enumerate([0.25, 0.5, 0.375], start=1):
        store.add_event(run_id, epoch_end(epoch, accuracy))
    run = store.run(run_id)
    assert (run.engine_used, run.best_val_accuracy) == ("xnor", 0.5)


def test_a_run_is_preparing_until_its_first_step(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    store.add_event(run_id, STARTED.model_copy(update={"threads": 2}))
    assert (store.run(run_id).status, store.run(run_id).threads) == ("preparing", 2)
    store.add_event(run_id, FirstStep(epoch=1, step=1, seconds=2.5))
    assert store.run(run_id).status == "running"


def test_a_validation_on_more_images_counts_before_a_higher_accuracy_on_fewer(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    ends = []
    for epoch, (accuracy, images, best) in enumerate(
        [(0.5, 2000, 0.5), (0.6, 2000, 0.6), (0.4, 10_000, 0.4), (0.7, 2000, 0.4), (0.45, 10_000, 0.45)], start=1
    ):
        ends.append(epoch_end(epoch, accuracy).model_copy(update={"validation_images": images}))
        store.add_event(run_id, ends[-1])
        assert store.run(run_id).best_val_accuracy == best
    store.rewind(run_id, ends[:4], 4, epoch=5, step=0)
    assert store.run(run_id).best_val_accuracy == 0.4


def test_the_first_of_two_stages_has_no_best_accuracy(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    ends = [epoch_end(1, 0.7).model_copy(update={"float_kernels": True}), epoch_end(2, 0.3)]
    for end, best in zip(ends, (None, 0.3), strict=True):
        store.add_event(run_id, end)
        assert store.run(run_id).best_val_accuracy == best
    store.rewind(run_id, ends[:1], 1, epoch=2, step=0)
    assert store.run(run_id).best_val_accuracy is None


@given(loss=st.floats(allow_nan=False, allow_infinity=False), accuracy=st.floats(0, 1), rate=st.floats(0, 1e9))
def test_numbers_of_events_survive_json_to_the_bit(loss: float, accuracy: float, rate: float) -> None:
    event = StepWindow(epoch=1, step=1, steps_per_epoch=2, loss=loss, accuracy=accuracy, images_per_second=rate)
    assert event_from_json(event.model_dump_json()) == event


def claimed(store: Store, limit: int) -> str | None:
    claim = store.claim_next(limit)
    return claim[0] if claim else None


def test_claims_take_the_oldest_within_the_limit(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    first, second, third = (store.create_run(small_design, quick_recipe) for _ in range(3))
    assert claimed(store, limit=2) == first
    assert claimed(store, limit=2) == second
    assert store.claim_next(limit=2) is None
    store.finish(first, "done")
    assert claimed(store, limit=2) == third
    assert store.claim_next(limit=9) is None
    run = store.run(third)
    # until its worker is there it is this process', and nothing has been trained
    assert (run.status, run.owner) == ("preparing", Owner.of_process())
    assert run.started_at is not None


def test_a_run_with_an_owner_is_never_claimed(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    assert store.claim_next(limit=9) is None
    assert store.run(run_id).owner == Owner.of_process()


def test_threads_racing_for_runs_each_get_another_one(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    ids = {store.create_run(small_design, quick_recipe) for _ in range(6)}
    barrier = threading.Barrier(8)

    def claim(_: int) -> str | None:
        barrier.wait()
        return claimed(store, limit=4)

    with ThreadPoolExecutor(8) as pool:
        taken = [run_id for run_id in pool.map(claim, range(8)) if run_id]
    assert len(taken) == len(set(taken)) == 4
    assert set(taken) <= ids


def test_cancel(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    queued = store.create_run(small_design, quick_recipe)
    assert store.request_cancel(queued) == "cancelled"
    assert store.run(queued).finished_at is not None
    assert store.claim_next(limit=1) is None

    running = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    lease = str(store.run(running).lease)
    assert store.heartbeat(running, lease) == "go on"
    assert store.request_cancel(running) == "preparing"
    assert store.run(running).stopping == "cancelling"
    assert store.heartbeat(running, lease) == "stop"
    assert store.finish(running, "cancelled")
    assert store.heartbeat(running, lease) == "lost"
    assert store.request_cancel(running) == "cancelled"
    assert not store.finish(running, "done")
    assert store.run(running).status == "cancelled"
    with pytest.raises(StoreError, match="Run beef: there is no such run"):
        store.request_cancel("beef")


def test_a_process_that_lost_its_lease_changes_nothing(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    claim = store.claim_next(limit=1)
    assert claim is not None
    _, first = claim
    store.finish(run_id, "interrupted", lease=first)
    store.queue_again(run_id, allowed=("interrupted",), why="")
    claim = store.claim_next(limit=1)
    assert claim is not None
    _, second = claim
    assert not store.attach(run_id, Owner.of_process(), first)
    assert store.attach(run_id, Owner.of_process(), second)
    assert store.heartbeat(run_id, first) == "lost"
    assert not store.finish(run_id, "failed", "late", lease=first)
    assert store.finish(run_id, "done", lease=second)
    assert store.run(run_id).error is None


def test_the_time_of_all_attempts_counts(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    for attempt in (1, 2):
        assert claimed(store, limit=1) == run_id
        started = store.run(run_id).attempt_at
        assert started is not None
        store.finish(run_id, "interrupted", at=started.timestamp() + 10)
        assert store.run(run_id).spent_s == pytest.approx(10 * attempt)
        store.queue_again(run_id, allowed=("interrupted",), why="")


def test_a_run_that_lost_its_worker_keeps_its_place_and_comes_back_so_often(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    first, second = (store.create_run(small_design, quick_recipe) for _ in range(2))
    for lost in range(2):
        assert claimed(store, limit=1) == first
        assert store.run(first).resumes == lost
        store.attach(first, Owner("elsewhere", 1, 0.0), str(store.run(first).lease))
        with store.engine.begin() as connection:
            connection.execute(
                text("UPDATE run SET heartbeat_at = attempt_at + 10 - 100000, attempt_at = attempt_at - 100000")
            )
        run = store.run(first)
        assert run.status == "interrupted"
        assert store.release(run, resumes=2) == "queued"
        assert store.release(run, resumes=2) == "queued"  # another one who looked, too late
        assert store.run(first).spent_s == pytest.approx(10 * (lost + 1))
    assert claimed(store, limit=1) == first
    store.finish(first, "interrupted")
    # twice is enough; after somebody has queued it, it is its first time again
    assert not store.queue_lost(store.run(first), 2)
    store.queue_again(first, allowed=("interrupted",), why="")
    assert store.run(first).resumes == 0
    # behind the other one now, and of a terminal's run there is no place in the queue
    assert claimed(store, limit=1) == second
    own = store.create_run(small_design, quick_recipe, owner=Owner("elsewhere", 1, 0.0))
    store.finish(own, "interrupted")
    assert not store.queue_lost(store.run(own), 2)


def test_a_claimed_run_that_finds_no_room_goes_back_to_its_place(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    first, _ = (store.create_run(small_design, quick_recipe) for _ in range(2))
    claim = store.claim_next(limit=1)
    assert claim is not None
    assert not store.put_back(first, "another lease")
    assert store.put_back(*claim)
    assert (store.first_waiting(), store.waiting_runs()) == (first, 2)
    assert claimed(store, limit=1) == first


def test_an_event_of_a_process_that_lost_its_run_is_not_written(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    lease = str(store.run(run_id).lease)
    assert store.add_event(run_id, Notice(text="mine"), lease=lease) is not None
    assert store.add_event(run_id, Notice(text="another's"), lease="another") is None
    store.finish(run_id, "interrupted")
    assert store.add_event(run_id, Notice(text="late"), lease=lease) is None
    assert [item.event for item in store.events(run_id)] == [Notice(text="mine")]


def test_a_resumed_run_waits_behind_those_that_wait(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    first, second = (store.create_run(small_design, quick_recipe) for _ in range(2))
    assert claimed(store, limit=1) == first
    store.finish(first, "interrupted")
    store.queue_again(first, allowed=("interrupted",), why="")
    assert [claimed(store, limit=2), claimed(store, limit=2)] == [second, first]
    with pytest.raises(StoreError, match=f"Run {first}: it is preparing. Wait for it"):
        store.queue_again(first, allowed=("interrupted",), why="Wait for it.")


def test_what_was_reported_after_the_state_is_dropped(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    windows = [
        StepWindow(epoch=2, step=step, steps_per_epoch=30, loss=2.0, accuracy=0.1, images_per_second=9.0)
        for step in (10, 20, 30)
    ]
    later = (epoch_end(2, 0.5), LATENT, Failed(reason="full disk"))
    for event in (Notice(text="kept"), epoch_end(1, 0.25), *windows, *later):
        store.add_event(run_id, event)
    # the state is of after step 10 of epoch 2: an epoch's end and a window are known to it
    store.rewind(run_id, [epoch_end(1, 0.25)], 2, epoch=2, step=10)
    kept = [item.event for item in store.events(run_id)]
    assert kept == [Notice(text="kept"), epoch_end(1, 0.25), windows[0], Resumed(epoch=2, step=10)]
    assert store.run(run_id).best_val_accuracy == 0.25
    # a power cut took the events of the last seconds, and not the state
    store.rewind(run_id, [epoch_end(1, 0.25), epoch_end(2, 0.5)], 5, epoch=3, step=0)
    assert [item.event for item in store.events(run_id)][-2:] == [epoch_end(2, 0.5), Resumed(epoch=3, step=0)]
    assert store.run(run_id).best_val_accuracy == 0.5


def test_an_unreadable_design_hides_no_other_run(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE run SET design = '{'"))
    (run,) = store.runs()
    with pytest.raises(DesignError, match=f"run {run_id}"):
        _ = run.design


def test_several_processes_open_a_new_store_and_write(
    url: str, tmp_path: Path, small_design: Design, quick_recipe: Recipe
) -> None:
    """The first opening races for the tables and the journal mode, then all write at once."""
    (tmp_path / "design.json").write_text(small_design.to_json())
    script = f"""
from pathlib import Path
from bnn_designer.design import Design
from bnn_designer.training.events import Notice
from bnn_designer.training.recipe import Recipe
from bnn_designer.runs.store import Store
store = Store(home=Path({str(tmp_path / "home")!r}), url={url!r})
run_id = store.create_run(Design.from_json(Path({str(tmp_path / "design.json")!r}).read_text()), Recipe())
for k in range(50):
    store.add_event(run_id, Notice(text=str(k)))
"""
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(6)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 6
    shared = Store(home=tmp_path / "home", url=url)
    texts = [[item.event.text for item in shared.events(run.id)] for run in shared.runs()]  # type: ignore[union-attr]
    assert texts == [[str(k) for k in range(50)]] * 6
    shared.close()


def test_texts_that_a_database_cannot_hold_are_kept_readable(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    """PostgreSQL has no NUL in a text."""
    run = store.run(store.create_run(small_design, quick_recipe, owner=Owner.of_process()))
    store.finish(run.id, "failed", "broken \0 text")
    assert store.run(run.id).error == "broken \ufffd text"


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="BNN_HOME"):
        Store(home=tmp_path / "file" / "home")


def test_where_things_lie_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    assert home_dir() == tmp_path
    assert store_url() == f"sqlite:///{tmp_path}/bnn-designer.sqlite"
    monkeypatch.setenv("BNN_STORE_URL", "postgresql://host/db")
    assert store_url() == "postgresql://host/db"
    assert issubclass(StoreError, BnnDesignerError)
