"""The worker process of a job; the process that starts it has taken the machine for it.

    python -m bnn_designer.measuring.worker pack|time RUN_ID
    python -m bnn_designer.measuring.worker calibrate

Packing needs TensorFlow, to read the checkpoint. Timing is done by `bnn-designer time` in another process, which never
had TensorFlow in it: by how much that one grows is what the engine needs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import psutil

import bnn_designer
from bnn_designer.called import THIS_PYTHON, CallError, output_of
from bnn_designer.cost.latency.calibration import machine_name
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.carrying_out import Say, Work, carry_out
from bnn_designer.measuring.job import Job, calibration_job, pack_job, timing_job
from bnn_designer.measuring.record import (
    Checked,
    Measurement,
    Record,
    is_disturbed,
    packed_path,
    read_record,
    write_record,
)
from bnn_designer.processes import host_name
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.runs.store import Store
from bnn_designer.units import ms_text

#: Images that are run through Keras and the engine, to see that both give the same classes.
CHECK_IMAGES = 250
SECONDS = 2.0
#: Of a command that times one network, its layers too; seconds are usual.
_LONGEST_S = 3600.0
_USER_ERROR = 2


def main(arguments: list[str]) -> int:
    """Carries out the job; see :func:`carry_out`."""
    return carry_out(*_job(arguments))


def _job(arguments: list[str]) -> tuple[Job, Work]:
    store = Store()
    if arguments == ["calibrate"]:
        return calibration_job(), calibrate
    what, run_id = arguments
    if what == "pack":
        return pack_job(store, run_id), lambda say: pack(store, run_id, say)
    return timing_job(store, run_id), lambda say: measure(store, run_id, say)


def pack(store: Store, run_id: str, say: Say) -> str:
    """Packs the last checkpoint of a run, checks it against Keras, and measures it; each is kept as soon as known."""
    from bnn_designer.measuring.checkpoint import find_trained
    from bnn_designer.packing import pack as pack_network
    from bnn_designer.packing import save

    say("Reading the trained network", 0.02)
    trained = find_trained(run_id, None, 0)
    say("Packing it into bits", 0.25)
    network = pack_network(trained.graph, trained.model, trained.design, trained.packing_images())
    size = save(network, packed_path(store, run_id), overwrite=True)
    record = Record(packed_at=time.time(), file_bytes=size)
    write_record(store, run_id, record)
    say("Building the kernels, once", 0.3)
    _build_kernels()
    say(f"Comparing its predictions with Keras on {CHECK_IMAGES} test images", 0.45)
    write_record(store, run_id, record.model_copy(update={"checked": _checked(network, trained, store, run_id)}))
    return measure(store, run_id, say)


def measure(store: Store, run_id: str, say: Say) -> str:
    """Times the packed network of a run with one thread and with all, and keeps the result with the run."""
    record = read_record(store, run_id)
    if record is None:
        raise BnnDesignerError(f"Run {run_id}: it is not packed yet. Pack it first.")
    say("Building the kernels, once", 0.5)
    _build_kernels()
    say("Timing it: nothing else should be running now", 0.6)
    processors = len(os.sched_getaffinity(0))
    busy = _busy_processors()
    threads = dict.fromkeys((1, processors))
    options = [f"--threads={count}" for count in threads]
    found = _command(["time", str(packed_path(store, run_id)), *options, f"--seconds={SECONDS}", "--layers", "--json"])
    measurement = Measurement(
        measured_at=time.time(),
        machine=machine_name(),
        host=host_name(),
        processors=processors,
        busy_processors=busy,
        version=bnn_designer.__version__,
        timings=found["timings"],
        layers=found["layers"],
    )
    write_record(store, run_id, record.model_copy(update={"measurement": measurement}))
    return ""


def calibrate(say: Say) -> str:
    """Times the usual presets and keeps the result for the latency model."""
    from bnn_designer.measuring import calibration

    say("Building the kernels, once", 0.01)
    _build_kernels()
    say("Starting TensorFlow", 0.03)
    import_tensorflow_quietly()
    names, timed = calibration.PRESETS, []
    busy, processors = _busy_processors(), len(os.sched_getaffinity(0))

    def after(name: str, timing: Any) -> None:
        timed.append(name)
        print(f"{name}: {ms_text(timing.median_ms)}")
        say(
            f"{len(timed)} of {len(names)} networks timed",
            0.05 + 0.95 * len(timed) / len(names),
        )

    calibration.calibrate(names, say=after)
    if not is_disturbed(busy, processors):
        return ""
    return f"Other programs kept {busy:.1f} of {processors} processors busy when it began"


def _busy_processors() -> float:
    """How many processors other programs keep busy; this one sleeps meanwhile."""
    return psutil.cpu_percent(interval=0.5) / 100 * (psutil.cpu_count() or 1)


def _build_kernels() -> None:
    from bnn_designer.kernels.builder import build_kernels

    build_kernels(print)


def _checked(network: Any, trained: Any, store: Store, run_id: str) -> Checked | None:
    """On test images of the set that the run trained on; None where they cannot be had, or are of another size."""
    from bnn_designer.inference import Engine
    from bnn_designer.measuring.agreement import agreement
    from bnn_designer.measuring.checkpoint import keras_outputs
    from bnn_designer.measuring.images import test_images
    from bnn_designer.training.data import DataError
    from bnn_designer.training.recipe import RecipeError

    try:
        images = test_images(store.run(run_id).recipe.data)[0][:CHECK_IMAGES]
    except (DataError, RecipeError) as error:
        print(error)
        return None
    with Engine(network) as engine:
        if images.shape[1:] != engine.input_shape:
            return None
        found = agreement(engine.run(images), keras_outputs(trained, images))
    return Checked(images=found.images, same_class=found.same_class)


def _command(arguments: list[str]) -> dict[str, Any]:
    """What a command of this program prints as JSON. What the user can mend is a BnnDesignerError here as well."""
    command, name = [sys.executable, "-m", "bnn_designer.cli", *arguments], f"bnn-designer {arguments[0]}"
    try:
        data: dict[str, Any] = json.loads(output_of(command, THIS_PYTHON, name=name, longest_s=_LONGEST_S))
    except CallError as error:
        if error.status == _USER_ERROR:
            raise BnnDesignerError(error.said.removeprefix("Error: ")) from None
        if error.status is None:
            raise
        print(error.said)
        raise RuntimeError(f"`{name}` ended with status {error.status}") from None
    return data


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
