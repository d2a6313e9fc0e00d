"""The queue and its workers, with real processes: started once, watched, cancelled, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.actions import resume, retry
from bnn_designer.runs.deleting import delete_run
from bnn_designer.runs.execute import execute_run, run_in_foreground
from bnn_designer.runs.lease import HEARTBEAT_TIMEOUT_S
from bnn_designer.runs.queue import (
    QueueError,
    cancel,
    dispatch,
    max_parallel_runs,
    pause,
    reap,
    submit,
)
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training import memory
from bnn_designer.training.events import EpochEnd, Failed, Started, StepWindow
from bnn_designer.training.failures import CheckpointError, OutOfMemory
from bnn_designer.training.recipe import Recipe
from tests.runs.processes import (
    end_all,
    stop_between_writes,
    wait_for_end,
    wait_for_first_window,
    wait_for_process_end,
    wait_until,
)

ENDLESS = Recipe(epochs=1000, subset=1000, batch_size=10, validation_subset=200, engine="float")


@pytest.fixture(autouse=True)
def _environment(store: Store, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers read made-up images, and none outlives its test."""
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.delenv("BNN_MAX_PARALLEL_RUNS", raising=False)
    yield
    end_all(store)


@pytest.mark.slow_on_postgresql
def test_a_run_trains_in_a_process_of_its_own_and_starts_the_next(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    first = submit(store, small_design, quick_recipe)
    second = submit(store, small_design, quick_recipe.model_copy(update={"epochs": 1}))
    assert (store.run(first).status, store.run(second).status) == ("preparing", "queued")
    # a session of its own: neither the page's end nor its Ctrl-C reaches the worker
    worker = int(store.run(first).pid or 0)
    assert os.getsid(worker) == worker != os.getsid(0)

    run = wait_for_end(store, first)
    assert (run.status, run.error, run.engine_used) == ("done", None, "float")
    assert run.pid != os.getpid()
    events = [item.event for item in store.events(first)]
    kinds = [type(event) for event in events if isinstance(event, Started | StepWindow | EpochEnd)]
    # 500 images / 50 = 10 steps an epoch, one window of 10
    assert kinds == [Started, StepWindow, EpochEnd, StepWindow, EpochEnd]
    ends = [event for event in events if isinstance(event, EpochEnd)]
    assert run.best_val_accuracy == max(end.val_accuracy for end in ends)
    assert store.checkpoint_path(first).exists()
    # no test of ours started the second: the first worker did, at its end
    assert wait_for_end(store, second).status == "done"


@pytest.mark.slow_on_postgresql
def test_a_killed_worker_is_seen_at_once_and_the_next_run_starts(store: Store, small_design: Design) -> None:
    victim = submit(store, small_design, ENDLESS)
    waiting = submit(store, small_design, ENDLESS)
    wait_for_first_window(store, victim)
    run = store.run(victim)
    os.kill(int(run.pid or 0), signal.SIGKILL)
    wait_for_process_end(run)

    # whoever looks sees it, before anybody has noted it
    dead = store.run(victim)
    assert dead.status == "interrupted"
    assert f"Its process {run.pid} is gone: it was killed" in str(dead.error)

    # nobody calls dispatch here: the supervisor starts the next. That one is ended from outside, as a shutdown of the
    # machine would, and keeps its state
    wait_for_first_window(store, waiting)
    os.kill(int(store.run(waiting).pid or 0), signal.SIGTERM)
    ended = wait_for_end(store, waiting)
    assert ended.status == "interrupted"
    assert "told to end" in str(ended.error)
    assert store.state_path(waiting).exists()
    delete_run(store, victim)
    assert [run.id for run in store.runs()] == [waiting]


def test_a_running_run_is_cancelled(store: Store, small_design: Design) -> None:
    run_id = submit(store, small_design, ENDLESS)
    wait_for_first_window(store, run_id)
    cancel(store, run_id)
    assert wait_for_end(store, run_id).status == "cancelled"
    wait_for_process_end(store.run(run_id))


@pytest.mark.parametrize("stop", [cancel, pause])
def test_a_run_that_has_just_been_started_stops_too(
    store: Store, small_design: Design, stop: Callable[[Store, str], str]
) -> None:
    """The worker starts Python or imports, and there is nothing to keep yet."""
    run_id = submit(store, small_design, ENDLESS)
    stop(store, run_id)
    run = wait_for_end(store, run_id)
    assert (run.status, run.error) == ("cancelled" if stop is cancel else "paused", None)
    assert not store.state_path(run_id).exists()


@pytest.mark.slow_on_postgresql
def test_a_worker_that_does_not_hear_is_killed_and_what_it_kept_stays(store: Store, small_design: Design) -> None:
    """A stopped process is as deaf as one in a step of twenty seconds."""
    run_id = submit(store, small_design, ENDLESS)
    wait_until(store.state_path(run_id).exists, "the first epoch's state is kept")
    stop_between_writes(store, run_id)
    kept = store.state_path(run_id).read_bytes()
    cancel(store, run_id)
    assert wait_for_end(store, run_id).status == "cancelled"
    wait_for_process_end(store.run(run_id))
    assert store.state_path(run_id).read_bytes() == kept


@pytest.mark.slow_on_postgresql
def test_a_dispatcher_that_dies_between_claim_and_start_holds_nothing_up(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe.model_copy(update={"epochs": 1}))
    script = f"""
import os, signal
from pathlib import Path
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training import memory
store = Store(home=Path({str(store.home)!r}), url={store.url!r})
assert store.claim_next(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
    died = subprocess.run([sys.executable, "-c", script], check=False)
    assert died.returncode == -signal.SIGKILL
    assert (store.run(run_id).stored_status, store.run(run_id).status) == ("claimed", "queued")
    assert dispatch(store) == [run_id]
    assert wait_for_end(store, run_id).status == "done"


def test_a_cancelled_queued_run_never_starts(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    busy = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    run_id = submit(store, small_design, quick_recipe)
    store.request_cancel(run_id)
    store.finish(busy, "done")
    assert dispatch(store) == []
    assert store.run(run_id).status == "cancelled"
    assert not store.run_folder(run_id).exists()


def test_an_error_of_the_users_is_one_paragraph_in_the_run_and_the_report_is_in_the_log(
    store: Store, small_design: Design, quick_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "nowhere"))
    run = wait_for_end(store, submit(store, small_design, quick_recipe))
    wait_for_process_end(run)  # it writes what follows after the end
    assert (run.status, run.failure) == ("failed", "no_data")
    assert "nowhere" in str(run.error)
    assert "there is no such folder" in str(run.error)
    assert "BNN_DATA_DIR" in str(run.error)
    assert "Traceback" not in str(run.error)
    assert [item.event for item in store.events(run.id)] == [Failed(reason=str(run.error))]
    assert "there is no such folder" in store.log_path(run.id).read_text()


def test_dispatchers_in_several_processes_start_each_run_once(
    store: Store, small_design: Design, quick_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", "2")
    ids = [store.create_run(small_design, quick_recipe) for _ in range(4)]
    script = f"""
from pathlib import Path
from bnn_designer.runs.queue import dispatch
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training import memory
dispatch(Store(home=Path({str(store.home)!r}), url={store.url!r}))
"""
    dispatchers = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in dispatchers] == [0] * 3
    for run_id in ids:
        run = wait_for_end(store, run_id)
        wait_for_process_end(run)
        # every worker of a run writes this line into the log of the run
        assert store.log_path(run_id).read_text().count(f"ERROR __main__: run {run_id}") == 1


def test_a_foreground_run_is_stored_like_any_other(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    seen: list[object] = []
    run = run_in_foreground(store, small_design, quick_recipe.model_copy(update={"epochs": 1}), on_event=seen.append)
    assert run.status == "done"
    assert run.pid == os.getpid()
    assert [item.event for item in store.events(run.id)] == seen
    assert store.checkpoint_path(run.id).exists()


def test_ctrl_c_cancels_a_foreground_run(store: Store, small_design: Design) -> None:
    def interrupt(event: object) -> None:
        if isinstance(event, StepWindow):
            raise KeyboardInterrupt

    assert run_in_foreground(store, small_design, ENDLESS, on_event=interrupt).status == "cancelled"


def test_an_unexpected_error_fails_the_run_too(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE run SET design = '{\"blocks\": 3}'"))

    def fail(_: object) -> None:
        raise ZeroDivisionError("one\ntwo")

    with pytest.raises(Exception, match="blocks"):
        execute_run(store, run_id)
    assert "blocks" in str(store.run(run_id).error)

    other = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    with pytest.raises(ZeroDivisionError):
        execute_run(store, other, on_event=fail)
    assert "unexpected error, ZeroDivisionError: one " in str(store.run(other).error)
    assert store.run(other).status == "failed"


def test_a_damaged_checkpoint_and_too_little_memory_are_named(
    store: Store, small_design: Design, quick_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    store.run_folder(run_id).mkdir(parents=True)
    store.state_path(run_id).write_bytes(b"half a sta")
    with pytest.raises(CheckpointError, match=r"state.npz: the file is cut off"):
        execute_run(store, run_id)
    run = store.run(run_id)
    assert (run.status, run.failure) == ("failed", "corrupt_checkpoint")
    with pytest.raises(StoreError, match=r"would end the same way again. Retry starts it again"):
        resume(store, run_id)
    # the way out
    store.create_run(small_design, quick_recipe, owner=Owner.of_process())  # has the one place
    assert retry(store, run_id) == "queued"
    assert not store.state_path(run_id).exists()

    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    with pytest.raises(OutOfMemory, match=r"1000 B are free. Make the network smaller"):
        run_in_foreground(store, small_design, quick_recipe)
    assert store.runs()[0].failure == "out_of_memory"


def test_what_a_killed_attempt_was_writing_is_removed(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process())
    folder = store.run_folder(run_id)
    folder.mkdir(parents=True)
    for name in (".half-written", "engine.json"):
        (folder / name).touch()
        os.utime(folder / name, (0, 0))
    stop = threading.Event()
    stop.set()
    execute_run(store, run_id, stop=stop)
    assert not (folder / ".half-written").exists()
    assert (folder / "engine.json").exists()


def set_columns(store: Store, run_id: str, **columns: object) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE run SET {assignments} WHERE id = :id"), {**columns, "id": run_id})


def test_who_is_taken_for_dead(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    """Liveness of a run by its process, its start time, its machine and its last heartbeat."""
    here = Owner.of_process()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    now, long_ago = time.time(), time.time() - HEARTBEAT_TIMEOUT_S - 1
    other_start = float(here.process_started_at or 0) - 500

    def is_reaped(**columns: object) -> bool:
        run_id = store.create_run(small_design, quick_recipe, owner=here)
        set_columns(store, run_id, **columns)
        reaped = run_id in reap(store)
        store.finish(run_id, "done")
        return reaped

    # this process: alive, even if it slept
    assert not is_reaped(heartbeat_at=now)
    assert not is_reaped(heartbeat_at=long_ago)
    # a process that is gone
    assert is_reaped(pid=ended.pid, heartbeat_at=now)
    # the pid is used again by another process; or the clock was set, and the process still beats
    assert is_reaped(process_started_at=other_start, heartbeat_at=long_ago)
    assert not is_reaped(process_started_at=other_start, heartbeat_at=now)
    # the machine was started anew, and another process has the pid by now
    assert is_reaped(boot_id="another start", heartbeat_at=now)
    # noted by an older version: no process, or no boot id
    assert not is_reaped(pid=None, process_started_at=None, heartbeat_at=now)
    assert is_reaped(pid=None, process_started_at=None, heartbeat_at=long_ago)
    assert not is_reaped(boot_id=None, heartbeat_at=long_ago)
    # on another machine a pid says nothing
    assert not is_reaped(host="elsewhere", pid=ended.pid, heartbeat_at=now)
    assert is_reaped(host="elsewhere", heartbeat_at=long_ago)


@pytest.mark.parametrize("value", ["0", "two", "-1", "1.5"])
def test_a_limit_that_is_no_number(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", value)
    with pytest.raises(QueueError, match=f"BNN_MAX_PARALLEL_RUNS: '{value}'"):
        max_parallel_runs()


def test_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max_parallel_runs() == 1
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", "3")
    assert max_parallel_runs() == 3
