"""Peak memory of a training step above the idle process, ours beside ``engine="float"``; a process for each.

Idle is the process before the first step: the model, its optimizer and the images are there, and two steps of the same
net with two images have loaded all code and pools. Not after a step: TensorFlow keeps the memory of a step for the
next one. The peak is the largest resident set of the steps that follow, which Linux keeps (VmHWM), reset before them.
Each process can also be run by itself: ``python -m bnn_designer.bench.step_memory binarynet 50 "float gradients"``.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.cases.train import PEER, Case, planned_memory
from bnn_designer.bench.native import chosen_isa
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rows import Contender, Missing, Row, Sample
from bnn_designer.bench.targets import STEP_MEMORY
from bnn_designer.called import THIS_PYTHON, CallError, output_of

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # what clear_refs takes to set VmHWM back to VmRSS
KIB_PER_MIB = 1024
WARM_UP_BATCH, WARM_UP_STEPS = 2, 2
STEPS = 3
PROCESSES = 3
MODULE = "bnn_designer.bench.step_memory"


def measure(request: Request) -> Iterator[Row]:
    """A row for each design and recipe.

    Raises:
        BenchError: a step fails.
    """
    for case, texts in wanted(request, planned_memory(request)).items():
        peer = sample_of(case, PEER, PEER, request)
        for way, text in texts.items():
            ours = sample_of(case, way, f"engine xnor {chosen_isa()}, {way}", request)
            yield Row(text, request.threads, ours, peer, STEP_MEMORY)


def sample_of(case: Case, way: str, name: str, request: Request) -> Contender:
    """Measured in processes of its own."""
    if not CLEAR_REFS.exists():
        return Missing(name, "the peak of a process can only be reset on Linux (/proc/self/clear_refs).")
    command = [sys.executable, "-m", MODULE, case.design, str(case.batch_size), way]
    peaks = []
    for _ in range(request.rounds or PROCESSES):
        try:
            printed = output_of(command, THIS_PYTHON, environment=request.environment())
        except CallError as error:
            raise BenchError(f"Memory of {case}, {way}: {error}") from error
        peaks.append(json.loads(printed.splitlines()[-1]))
    return Sample.of(name, peaks, "mib")


def status_mib(field: str, status: str) -> float:
    """A field of /proc/self/status, which is in kB of 1024 bytes, in MiB.

    Raises:
        KeyError: there is none of this name.
    """
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(fields[field].split()[0]) / KIB_PER_MIB


def peak_mib(case: Case, way: str) -> float:
    """Peak above idle, MiB, in this process."""
    from bnn_designer.bench.stepped import noise_images, run_steps

    design, data = case.build(), noise_images(case.batch_size * (STEPS + 1))
    small = Case(case.design, WARM_UP_BATCH)
    run_steps(design, small.recipe(way), data, lambda step: step == WARM_UP_STEPS)
    idle = 0.0

    def before_step(step: int) -> bool:
        nonlocal idle
        if step == 0:
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
            CLEAR_REFS.write_text(RESET_PEAK)
            idle = status_mib("VmRSS", STATUS.read_text())
        return step == STEPS

    run_steps(design, case.recipe(way), data, before_step)
    return status_mib("VmHWM", STATUS.read_text()) - idle


if __name__ == "__main__":
    _design, _batch_size, _way = sys.argv[1:]
    print(json.dumps(peak_mib(Case(_design, int(_batch_size)), _way)))
