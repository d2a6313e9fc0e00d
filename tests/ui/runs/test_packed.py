"""The packed network of a run on the Runs page, and the button that measures this machine, in every state."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.cost.latency.calibration import calibration_path, machine_name, store_calibration
from bnn_designer.cost.latency.model import Sample, Work
from bnn_designer.design.presets import preset
from bnn_designer.measuring import start as starting
from bnn_designer.measuring.job import JobState, calibration_job, pack_job
from bnn_designer.measuring.machine import locked, note
from bnn_designer.measuring.record import (
    Checked,
    Measurement,
    Record,
    packed_path,
    read_record,
    write_record,
)
from bnn_designer.measuring.times import OWN_LOOP, GroupTime, Timing
from bnn_designer.processes import Owner
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from tests.measuring.conftest import idle_command
from tests.ui.conftest import OpenPage, texts
from tests.ui.train.test_train_page import started_run

MEMORY = {"arena": 300 * 1024, "weights": 2**20, "tiled_weights": 2**20, "scratch": 1024}
LAYERS = (
    GroupTime(
        name="binary_conv_1",
        path="binary_conv_1",
        kind="float_conv",
        layers=("binary_conv_1", "binary_conv_1.batch_norm"),
        macs=3_000_000,
        ms=0.75,
    ),
    GroupTime(name="pool_bn_1", path="pool_bn_1", kind="max_pool", layers=("pool_bn_1",), macs=0, ms=0.25),
)


@pytest.fixture
def run_id(store: Store) -> str:
    """A finished run of binarynet with a checkpoint; nothing reads what is in it."""
    found = started_run(store)
    store.finish(found, "done")
    path = store.checkpoint_path(found)
    path.parent.mkdir(parents=True)
    path.touch()
    return found


@pytest.fixture
def idle_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the place of the real worker one that does nothing."""
    with idle_command(tmp_path) as command:
        monkeypatch.setattr(starting, "COMMAND", command)
        yield


def keep_record(store: Store, run_id: str, **changes: object) -> None:
    packed_path(store, run_id).write_bytes(b"the packed network")
    measurement = Measurement(
        measured_at=time.time(),
        machine=machine_name(),
        host="here",
        processors=4,
        busy_processors=0.0,
        version="0.1.0",
        timings=tuple(
            Timing(
                threads=threads,
                isa="avx2",
                images=100,
                min_ms=ms - 0.1,
                median_ms=ms,
                memory_bytes=MEMORY,
                resident_bytes=5 * 2**20,
                float_library="oneDNN 2.6.3",
            )
            for threads, ms in ((1, 2.0), (4, 0.5))
        ),
        layers=LAYERS,
    )
    record = Record(
        packed_at=time.time(),
        file_bytes=2 * 2**20,
        checked=Checked(images=250, same_class=250),
        measurement=measurement.model_copy(update=changes),
    )
    write_record(store, run_id, record)


@pytest.fixture
def calibrated(store: Store) -> None:
    """Two networks whose work is all binary MACs: 0.1 ms for a million."""
    calibration_path().parent.mkdir(parents=True, exist_ok=True)
    samples = tuple(Sample(str(count), Work(count * 10**6, 0, 0, 0), count / 10) for count in (1, 1000))
    store_calibration("BNN Designer, avx2", samples)


@pytest.fixture
def busy(store: Store) -> Iterator[None]:
    """Somebody calibrates the machine."""
    job = calibration_job()
    with locked(job.name):
        note(job.name, Owner.of_process(), time.time())
        job.write(JobState(state="running", step="3 of 14 networks are timed", share=0.2))
        yield


def test_a_run_that_was_never_packed_offers_it_and_says_what_is_predicted(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    app = open_page("runs")
    assert not any(button.key == f"pack_{run_id}" for button in app.button)
    app.button(key=f"packed_{run_id}").click().run()
    assert app.query_params["packed"] == run_id
    said = texts(app)
    deployed = cost(preset("binarynet")).deployed
    assert isinstance(deployed, DeployedCost)
    assert f"predicted {deployed.arena_bytes // 1024} KiB" in said
    assert "not packed yet" in said
    assert [metric.value for metric in app.metric] == ["—"] * 5
    assert "This machine has not been measured yet" in said
    assert not app.button(key=f"pack_{run_id}").disabled
    app.button(key=f"packed_{run_id}").click().run()
    assert "packed" not in app.query_params
    assert "not packed yet" not in texts(app)


def test_a_run_without_a_checkpoint_or_an_end_is_not_packed(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    app = open_page("runs", packed=run_id)
    assert not any(button.key == f"packed_{run_id}" for button in app.button)
    assert "cannot be packed yet" in texts(app)


@pytest.mark.usefixtures("idle_worker")
def test_a_press_starts_the_worker_and_the_page_shows_its_progress(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    app = open_page("runs", packed=run_id)
    app.button(key=f"pack_{run_id}").click().run()
    assert not app.exception
    assert "Starting" in str(app.get("progress")[0].proto.text)
    assert not any(button.key == f"pack_{run_id}" for button in app.button)
    # the same wish of another person is fulfilled already; another one has to wait, and is told so
    second = open_page("runs", packed=run_id)
    assert second.get("progress")
    other = started_run(store)
    store.finish(other, "done")
    store.checkpoint_path(other).parent.mkdir(parents=True)
    store.checkpoint_path(other).touch()
    assert "Another measurement is running" in texts(open_page("runs", packed=other))


@pytest.mark.usefixtures("busy")
def test_while_another_measurement_runs_none_can_be_started(open_page: OpenPage, run_id: str) -> None:
    app = open_page("runs", packed=run_id)
    assert "Another measurement is running on this machine (calibration, since" in texts(app)
    assert not any(button.key == f"pack_{run_id}" for button in app.button)
    assert "3 of 14 networks" in str(app.get("progress")[0].proto.text)


def test_a_press_that_comes_too_late_is_told_so(open_page: OpenPage, run_id: str) -> None:
    app = open_page("runs", packed=run_id)
    job = calibration_job()
    with locked(job.name):
        note(job.name, Owner.of_process(), time.time())
        app.button(key=f"pack_{run_id}").click().run()
        assert not app.exception
        assert f"run {run_id}: another measurement is running" in texts(app).replace("\\", "")


@pytest.mark.usefixtures("calibrated")
def test_a_packed_run_shows_what_was_measured_beside_what_was_predicted(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    keep_record(store, run_id)
    app = open_page("runs")
    assert app.button(key=f"packed_{run_id}").label.startswith("2.00 ms")
    app.button(key=f"packed_{run_id}").click().run()
    values = {metric.label: metric.value for metric in app.metric}
    assert values == {
        "File": "2.00 MiB",
        "One thread": "2.00 ms",
        "4 threads": "0.500 ms",
        "Arena": "300 KiB",
        "Peak memory": "5.00 MiB",
    }
    said = texts(app).replace("\\", "")
    deployed = cost(preset("binarynet")).deployed
    assert isinstance(deployed, DeployedCost)
    more = round(100 * (deployed.arena_bytes / MEMORY["arena"] - 1))
    assert f"{more} % more than measured" in said
    assert "4.00 \N{MULTIPLICATION SIGN} the speed of one" in said
    assert "less than measured" in said  # the file: 2 MiB here
    assert f"{deployed.binary_macs / 1e7 / (2.0 - 0.1):.2g} times the minimum" in said
    assert "250 of 250 test images" in said
    assert "kernels for avx2, float convolutions by oneDNN 2.6.3" in said
    assert "Other programs" not in said
    (table,) = (frame.value for frame in app.dataframe)
    assert list(table["layer"]) == ["binary_conv_1", "pool_bn_1"]
    assert list(table["precision"]) == ["BWN", "—"]
    assert list(table["share"]) == [75.0, 25.0]
    assert table["speed"][0] == pytest.approx(3e6 / 0.75e-3 / 1e9)
    assert app.button(key=f"time_{run_id}").label == "Measure again"
    assert app.get("download_button")


def test_a_disturbed_measurement_of_another_machine_says_so(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep_record(store, run_id, machine="Other CPU", busy_processors=1.5)
    said = texts(open_page("runs", packed=run_id)).replace("\\", "")
    assert "on Other CPU (here), which is not the machine" in said
    assert "kept 1.5 of 4 processors busy" in said


@pytest.mark.parametrize(
    ("library", "words"),
    [
        (OWN_LOOP, "kernels for avx2, float convolutions by the engine's own loop, BNN Designer 0.1.0"),
        (None, "kernels for avx2, BNN Designer 0.1.0"),  # older records do not say
    ],
)
def test_what_makes_float_convolutions_is_named_where_it_is_known(
    open_page: OpenPage, store: Store, run_id: str, library: str | None, words: str
) -> None:
    keep_record(store, run_id)
    record = read_record(store, run_id)
    assert record is not None
    assert record.measurement is not None
    timings = (one.model_copy(update={"float_library": library}) for one in record.measurement.timings)
    keep_record(store, run_id, timings=tuple(timings))
    assert words in texts(open_page("runs", packed=run_id)).replace("\\", "")


def test_a_packed_run_that_could_not_be_timed_can_be_downloaded(open_page: OpenPage, store: Store, run_id: str) -> None:
    packed_path(store, run_id).touch()
    write_record(store, run_id, Record(packed_at=1.0, file_bytes=1024))
    job = pack_job(store, run_id)
    job.write(JobState(state="failed", reason="No C++ compiler was found. Install g++."))
    job.log_path.write_text("what the compiler said")
    app = open_page("runs", packed=run_id)
    assert "Install g" in app.error[0].value.replace("\\", "")
    assert app.code[0].value == "what the compiler said"
    assert app.get("download_button")
    assert app.button(key=f"time_{run_id}").label == "Measure"
    assert "not been measured yet" in texts(app)


def test_a_design_that_cannot_be_packed_names_its_block(open_page: OpenPage, store: Store, run_id: str) -> None:
    progress = JobState(
        state="not packable", where="shortcut_1/conv_2", reason="it reads 2 bits", mend="Quantize to signs"
    )
    pack_job(store, run_id).write(progress)
    app = open_page("runs", packed=run_id)
    error = app.error[0].value.replace("\\", "")
    assert error == "**This run cannot be packed.** Block **shortcut_1/conv_2**: it reads 2 bits. Quantize to signs."


def test_a_worker_that_was_killed_is_noticed(open_page: OpenPage, store: Store, run_id: str) -> None:
    pack_job(store, run_id).write(JobState(state="running", step="Packing"))
    app = open_page("runs", packed=run_id)
    assert "ended without a report" in app.error[0].value
    assert not app.button(key=f"pack_{run_id}").disabled


@pytest.mark.usefixtures("idle_worker")
def test_the_devices_view_measures_this_machine(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id, view="Devices")
    assert "This machine has not been measured yet" in texts(app)
    app.button(key="calibrate_devices").click().run()
    assert not app.exception
    assert "Starting" in str(app.get("progress")[0].proto.text)


@pytest.mark.usefixtures("calibrated")
def test_a_measured_machine_has_an_estimate_with_its_error(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id, view="Devices")
    metric = next(metric for metric in app.metric if metric.label == "this machine")
    assert metric.value.endswith(" ms")
    assert metric.delta.startswith("± ")
    assert app.button(key="calibrate_devices").label == "Measure this machine again"
    assert "quiet" not in texts(app)
    calibration_job().write(JobState(state="done", reason="Other programs kept 2 of 2 processors busy"))
    assert "Other programs kept 2 of 2 processors busy: measure again" in texts(app.run())


def test_a_calibration_of_another_machine_says_so(
    open_page: OpenPage, drafts: Drafts, calibrated: None, tmp_path: Path
) -> None:
    path = calibration_path()
    path.write_text(path.read_text().replace(machine_name(), "Other CPU"))
    app = open_page(draft=drafts.create(preset("binarynet")).id, view="Devices")
    assert "was measured on Other CPU" in texts(app).replace("\\", "")
    assert app.button(key="calibrate_devices").label == "Measure this machine"
