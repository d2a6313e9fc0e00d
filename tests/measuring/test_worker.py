from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bnn_designer.cost.latency.calibration import machine_name
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring import worker
from bnn_designer.measuring.job import JobState, calibration_job, pack_job
from bnn_designer.measuring.record import (
    Checked,
    Record,
    packed_path,
    read_record,
    record_path,
    write_record,
)
from bnn_designer.measuring.times import GroupTime, Timing
from bnn_designer.packing.errors import PackError
from bnn_designer.runs.store import Store

RUN = "aaaa0000"
MEMORY = {"arena": 1000, "weights": 200, "tiled_weights": 30, "scratch": 4}
GROUP = GroupTime(
    name="conv_1",
    path="conv_1",
    kind="binary_conv",
    layers=("conv_1", "conv_1.batch_norm"),
    macs=640,
    ms=1.0,
    kernel="avx2 tiles",
)


def timing(min_ms: float, median_ms: float) -> Timing:
    return Timing(
        threads=1,
        isa="avx2",
        images=20,
        min_ms=min_ms,
        median_ms=median_ms,
        memory_bytes=MEMORY,
        resident_bytes=5000,
        float_library="oneDNN 2.6.3",
    )


TIMES = {
    "timings": [timing(1.5, 2.0).model_dump(mode="json")],
    "layers": [GROUP.model_dump(mode="json")],
    "predicted": None,
}


def packed(store: Store) -> Record:
    """A run that looks packed, and its record."""
    packed_path(store, RUN).parent.mkdir(parents=True)
    packed_path(store, RUN).write_bytes(b"BNNPACK")
    record = Record(packed_at=1.0, file_bytes=7, checked=Checked(images=3, same_class=2))
    write_record(store, RUN, record)
    return record


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (
            PackError("shortcut_1/conv_2", "layer 'conv_2' has 2-bit inputs", "Quantize them to signs"),
            JobState(
                state="not packable",
                where="shortcut_1/conv_2",
                reason="layer 'conv_2' has 2-bit inputs",
                mend="Quantize them to signs",
            ),
        ),
        (BnnDesignerError("No compiler. Install g++."), JobState(state="failed", reason="No compiler. Install g++.")),
        (
            RuntimeError("odd"),
            JobState(state="failed", reason="RuntimeError: odd", mend="See the end of the log"),
        ),
    ],
)
def test_every_end_is_reported(store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception, end: JobState) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(worker, "pack", fail)
    store.run_folder(RUN).mkdir(parents=True)
    assert worker.main(["pack", RUN]) == 1
    found = pack_job(store, RUN).read()
    assert found is not None
    assert found.model_copy(update={"host": "", "written_at": 0.0}) == end


def test_a_measurement_is_kept_with_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def command(arguments: list[str]) -> dict[str, Any]:
        asked.extend(arguments)
        return json.loads(json.dumps(TIMES))

    monkeypatch.setattr(worker, "_command", command)
    monkeypatch.setattr(worker, "_build_kernels", lambda: None)
    before = packed(store)
    assert worker.main(["time", RUN]) == 0
    assert asked[:3] == ["time", str(packed_path(store, RUN)), "--threads=1"]
    record = read_record(store, RUN)
    assert record is not None
    assert record.model_copy(update={"measurement": None}) == before
    measured = record.measurement
    assert measured is not None
    assert measured.machine == machine_name()
    assert measured.timings[0].counted_bytes == 1000 + 200 + 30 + 4
    assert measured.layers[0].layers == ("conv_1", "conv_1.batch_norm")
    # nothing of what `bnn-designer time` says is lost on the way into the record and back
    assert (measured.timings, measured.layers) == ((timing(1.5, 2.0),), (GROUP,))
    assert measured.model_copy(update={"processors": 2, "busy_processors": 0.2}).disturbed is False
    assert measured.model_copy(update={"processors": 2, "busy_processors": 0.3}).disturbed is True


#: As version 0.1.0 wrote it, before records had kernels and the float library.
OLD_RECORD = """{
  "packed_at": 1764000000.5,
  "file_bytes": 7,
  "checked": {"images": 250, "same_class": 249},
  "measurement": {
    "measured_at": 1764000100.25,
    "machine": "a core",
    "host": "here",
    "processors": 2,
    "busy_processors": 0.02,
    "version": "0.1.0",
    "timings": [
      {
        "threads": 1,
        "isa": "avx2",
        "images": 900,
        "least_ms": 2.05,
        "median_ms": 2.18,
        "memory_bytes": {"arena": 1000, "weights": 200, "tiled_weights": 30, "scratch": 4},
        "resident_bytes": 5000
      }
    ],
    "layers": [
      {"name": "conv_1", "path": "conv_1", "kind": "binary_conv", "layers": ["conv_1"], "macs": 640, "ms": 1.5}
    ]
  }
}"""


def test_a_record_of_an_older_version_is_read_and_what_it_lacks_is_unknown(store: Store) -> None:
    packed(store)
    record_path(store, RUN).write_text(OLD_RECORD)
    record = read_record(store, RUN)
    assert record is not None
    assert record.measurement is not None
    (one,), (group,) = record.measurement.timings, record.measurement.layers
    assert (one.min_ms, one.median_ms, one.counted_bytes) == (2.05, 2.18, 1234)
    assert (one.float_library, one.why_own) == (None, None)
    assert (group.ms, group.kernel) == (1.5, None)
    write_record(store, RUN, record)
    assert '"min_ms": 2.05' in record_path(store, RUN).read_text()
    assert read_record(store, RUN) == record


def test_what_was_never_packed_is_not_timed(store: Store) -> None:
    store.run_folder(RUN).mkdir(parents=True)
    assert worker.main(["time", RUN]) == 1
    found = pack_job(store, RUN).read()
    assert found is not None
    assert "not packed yet" in found.reason


def test_a_record_counts_only_while_it_can_be_read_and_its_file_is_there(store: Store) -> None:
    assert read_record(store, RUN) is None
    record = packed(store)
    assert read_record(store, RUN) == record
    packed_path(store, RUN).unlink()
    assert read_record(store, RUN) is None
    packed_path(store, RUN).touch()
    record_path(store, RUN).write_text("{}")
    assert read_record(store, RUN) is None


def test_a_command_that_fails_says_why(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BnnDesignerError, match=r"^.*none\.bnn: the file cannot be read"):
        worker._command(["time", str(tmp_path / "none.bnn"), "--json"])


def test_the_calibration_reports_each_network(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from bnn_designer.measuring import calibration

    seen: list[JobState] = []

    def calibrate(names: tuple[str, ...], say: Any) -> None:
        for name in names:
            say(name, timing(1.0, 1.25))
            state = calibration_job()._read()
            assert state is not None
            seen.append(state)

    monkeypatch.setattr(calibration, "calibrate", calibrate)
    monkeypatch.setattr(worker, "import_tensorflow_quietly", lambda: None)
    monkeypatch.setattr(worker, "_build_kernels", lambda: None)
    monkeypatch.setattr(worker, "_busy_processors", lambda: 1000.0)
    calibration_job().state_path.parent.mkdir(parents=True)
    assert worker.main(["calibrate"]) == 0
    count = len(calibration.PRESETS)
    assert seen[0].step == f"1 of {count} networks timed"
    assert [one.share for one in seen] == sorted(one.share for one in seen)
    assert seen[-1].share == 1.0
    end = calibration_job().read()
    assert end is not None
    assert end.reason.startswith("Other programs kept 1000.0 of ")
