"""A training step: our engine beside ``engine="float"``, TensorFlow's float ops, about Larq's own speed.

A step is that of the training loop: images gathered, mirrored and shifted, forward, gradients, Adam, clipped weights,
learning rate. Measured under the loop's own setting, in which TensorFlow's ops sum in a fixed order, and without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import tensorflow as tf

from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.cases.train import DEFAULT, PEER, Case, planned
from bnn_designer.bench.conv import set_threads
from bnn_designer.bench.native import chosen_isa
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns
from bnn_designer.bench.rows import Row, Sample
from bnn_designer.bench.stepped import SteppedRun, noise_images
from bnn_designer.bench.targets import DEFAULT_STEP, STEP


def measure(request: Request) -> Iterator[Row]:
    """A row for each design and recipe.

    Raises:
        BenchError: the op cannot be had, or a step fails.
    """
    set_threads(request.threads)
    if not request.deterministic:
        # The loop switches it on, and TensorFlow has no way back; so it is kept off here, in this process of its own.
        tf.config.experimental.enable_op_determinism = lambda: None
    for case, texts in wanted(request, planned(request)).items():
        yield from rows_of(case, texts, request)


def rows_of(case: Case, texts: dict[str, str], request: Request) -> Iterator[Row]:
    pace = request.pace(seconds=15, least=6, most=60)
    data = noise_images(case.batch_size * ((pace.rounds or pace.most) + pace.warm_up + 2))
    design = case.build()
    with ExitStack() as stack:
        runs = {way: stack.enter_context(closing(SteppedRun(design, case.recipe(way), data))) for way in (PEER, *texts)}
        turns: dict[str, Turn] = {way: run.step_ms for way, run in runs.items()}
        times = take_turns(turns, pace)
        for way, run in runs.items():
            if way not in (PEER, DEFAULT) and run.engine != "xnor":
                raise BenchError(f"{case.design}: the step ran in float: {run.engine_reason}")
    peer = Sample.of(PEER, times[PEER])
    for way, text in texts.items():
        ours = Sample.of(name_of(runs[way]), times[way])
        rate = f"{1e3 * case.batch_size / ours.min:.0f} images/s"
        target = DEFAULT_STEP if way == DEFAULT else STEP.get((case.design, way))
        yield Row(text, request.threads, ours, peer, target, note=rate)


def name_of(run: SteppedRun) -> str:
    """What the binary layers of a run ran on: the default recipe chooses itself."""
    return PEER if run.engine == "float" else f"engine xnor {chosen_isa()}, {run.gradients} gradients"
