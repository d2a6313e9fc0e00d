from __future__ import annotations

import json
import multiprocessing
import os
import socket
import time
from pathlib import Path

import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import SILENT_S, JobState, calibration_job, pack_job, timing_job
from bnn_designer.measuring.machine import MachineBusyError, holder, lock_path, locked, note
from bnn_designer.measuring.start import start
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store
from tests.measuring.conftest import SetWorker, ended

#: Waits until a file is there, and not for ever where the test failed before it made one.
WAITING = (
    "import os, time\nend = time.monotonic() + 60\n"
    "while not os.path.exists(os.environ['GO_ON']) and time.monotonic() < end: time.sleep(.01)"
)


def test_the_machine_is_taken_once_and_free_afterwards(store: Store) -> None:
    with locked("run aaaa0000"):
        note("run aaaa0000", Owner.of_process(), 0.0)
        busy = pytest.raises(MachineBusyError, match=r"run bbbb1111: another measurement .*: run aaaa0000, since")
        with busy, locked("run bbbb1111"):
            pass
    with locked("run bbbb1111"):
        pass


def _try_to_take(barrier: multiprocessing.synchronize.Barrier, results: multiprocessing.Queue[bool]) -> None:
    barrier.wait()
    try:
        with locked("calibration"):
            results.put(True)
            time.sleep(0.5)
    except MachineBusyError:
        results.put(False)


def test_of_processes_that_try_at_once_one_takes_it(store: Store) -> None:
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(4), context.Queue()
    tries = [context.Process(target=_try_to_take, args=(barrier, results)) for _ in range(4)]
    for one in tries:
        one.start()
    found = [results.get(timeout=30) for _ in tries]
    for one in tries:
        one.join()
    assert sorted(found) == [False, False, False, True]


def test_a_worker_keeps_the_machine_until_it_ends(
    store: Store, set_worker: SetWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GO_ON", str(tmp_path / "go-on"))
    set_worker(WAITING)
    first, second = pack_job(store, "aaaa0000"), calibration_job()
    start(first)
    now = holder()
    assert now is not None
    assert (now.job, now.owner.host) == ("run aaaa0000", socket.gethostname())
    assert now.owner.pid != os.getpid()
    state = first.read()
    assert state is not None
    assert state.state == "running"
    with pytest.raises(MachineBusyError, match="calibration: another measurement"):
        start(second)
    assert second.read() is None
    (tmp_path / "go-on").touch()
    assert "without a report" in ended(first).reason  # the stand-in says nothing of its end
    set_worker("print('hello')")
    start(second)
    ended(second)
    assert second.log_path.read_text() == "hello\n"


def test_a_worker_finds_its_store_and_its_arguments(store: Store, set_worker: SetWorker) -> None:
    set_worker("import json, os, sys; print(json.dumps([sys.argv[1:], os.environ['BNN_HOME'], 'bnn_designer']))")
    job = timing_job(store, "aaaa0000")
    start(job)
    ended(job)
    assert json.loads(job.log_path.read_text()) == [["time", "aaaa0000"], str(store.home), "bnn_designer"]


def test_a_worker_that_cannot_be_started_says_so_and_leaves_the_machine_free(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnn_designer.measuring.start.COMMAND", ("/no/such/program",))
    job = pack_job(store, "aaaa0000")
    with pytest.raises(BnnDesignerError, match="cannot be started"):
        start(job)
    with locked("calibration"):
        pass


def test_a_cache_that_cannot_be_written_is_named(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(BnnDesignerError, match="BNN_CACHE_DIR"), locked("calibration"):
        pass


def test_a_note_of_a_dead_process_or_of_nonsense_holds_nothing(store: Store) -> None:
    assert holder() is None
    alive = Owner.of_process()
    with locked("calibration"):
        note("calibration", alive, 1.0)
        assert holder() is not None
        note("calibration", Owner(alive.host, alive.pid, 1.0), 1.0)  # the pid was given to another process
        assert holder() is None
        lock_path().with_suffix(".json").write_text("[1]")
        assert holder() is None


def test_a_job_that_has_reported_its_end_runs_until_the_machine_is_free(store: Store) -> None:
    job = calibration_job()
    with locked(job.name):
        note(job.name, Owner.of_process(), 0.0)
        job.write(JobState(state="done", share=1.0))
        found = job.read()
        assert found is not None
        assert (found.state, found.step) == ("running", "Finishing")
        note("run aaaa0000", Owner.of_process(), 0.0)
        found = job.read()
        assert found is not None
        assert found.state == "done"


def test_what_another_machine_reports_counts_for_a_while(store: Store) -> None:
    job = pack_job(store, "aaaa0000")
    job.state_path.parent.mkdir(parents=True)
    for silent_s, state in ((SILENT_S - 60, "running"), (SILENT_S + 60, "failed")):
        report = JobState(state="running", host="another", written_at=time.time() - silent_s)
        job.state_path.write_text(report.model_dump_json())
        found = job.read()
        assert found is not None
        assert found.state == state
    job.state_path.write_text("{")
    assert job.read() is None
