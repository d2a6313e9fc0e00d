"""Peak memory of a training step above the idle process, ours beside ``engine="float"``; a process for each.

Idle is the process before the first step: the model, its optimizer and the images are there, and two steps of the same
net with two images have loaded all code and pools. Not after a step: TensorFlow keeps the memory of a step for the
next one. The peak is the largest resident set of the steps that follow, which Linux keeps (VmHWM), reset before them.
Each process can also be run by itself: ``python -m bnn_designer.bench.step_memory xnor float binarynet 50``.
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rows import Contender, Missing, Row, Sample
from bnn_designer.bench.targets import STEP_MEMORY
from bnn_designer.bench.train import CASES, GRADIENTS, PEER, Case, recipe_of

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # what clear_refs takes to set VmHWM back to VmRSS
KIB_PER_MIB = 1024
WARM_UP_BATCH, WARM_UP_STEPS = 2, 2
STEPS = 3
PROCESSES = 3
MODULE = "bnn_designer.bench.step_memory"


def measure(request: Request) -> Iterator[Row]:
    """A row for each preset and kind of gradients, under the loop's own setting alone."""
    if not request.deterministic:
        return
    for case, wanted in request.cases(CASES, GRADIENTS, text_of):
        peer = sample_of(case, "float", "float", PEER, request)
        for gradients in wanted:
            ours = sample_of(case, "xnor", gradients, f"engine xnor, {gradients}", request)
            yield Row(text_of(case, gradients), request.threads, ours, peer, STEP_MEMORY)


def text_of(case: Case, gradients: str) -> str:
    return f"peak memory of a step of {case.design} batch {case.batch_size}, {gradients} gradients"


def sample_of(case: Case, engine: str, gradients: str, name: str, request: Request) -> Contender:
    """Measured in processes of its own."""
    if not CLEAR_REFS.exists():
        return Missing(name, "the peak of a process can only be reset on Linux (/proc/self/clear_refs).")
    command = [sys.executable, "-m", MODULE, engine, gradients, case.design, str(case.batch_size)]
    peaks = []
    for _ in range(request.rounds or PROCESSES):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=request.environment())
        if done.returncode != 0:
            raise BenchError(f"{text_of(case, gradients)}: its process failed: {done.stderr[-1500:].strip()}")
        peaks.append(json.loads(done.stdout.splitlines()[-1]))
    return Sample.of(name, peaks, "mib")


def status_mib(field: str, status: str) -> float:
    """A field of /proc/self/status, which is in kB of 1024 bytes, in MiB.

    Raises:
        KeyError: there is none of this name.
    """
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(fields[field].split()[0]) / KIB_PER_MIB


def peak_mib(case: Case, engine: str, gradients: str) -> float:
    """Peak above idle, MiB, in this process."""
    from bnn_designer.bench.stepped import noise_images, run_steps
    from bnn_designer.design.presets import preset

    design, data = preset(case.design), noise_images(case.batch_size * (STEPS + 1))
    small = Case(case.design, WARM_UP_BATCH)
    run_steps(design, recipe_of(small, engine, gradients), data, lambda step: step == WARM_UP_STEPS)
    idle = 0.0

    def before_step(step: int) -> bool:
        nonlocal idle
        if step == 0:
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
            CLEAR_REFS.write_text(RESET_PEAK)
            idle = status_mib("VmRSS", STATUS.read_text())
        return step == STEPS

    run_steps(design, recipe_of(case, engine, gradients), data, before_step)
    return status_mib("VmHWM", STATUS.read_text()) - idle


if __name__ == "__main__":
    _engine, _gradients, _design, _batch_size = sys.argv[1:]
    print(json.dumps(peak_mib(Case(_design, int(_batch_size)), _engine, _gradients)))
