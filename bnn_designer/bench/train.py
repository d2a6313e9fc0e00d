"""A training step: our engine beside ``engine="float"``, TensorFlow's float ops, about Larq's own speed.

A step is that of the training loop: images gathered, mirrored and shifted, forward, gradients, Adam, clipped weights,
learning rate. Measured under the loop's own setting, in which TensorFlow's ops sum in a fixed order, and without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

import tensorflow as tf

from bnn_designer.bench.conv import set_threads
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns
from bnn_designer.bench.rows import Row, Sample
from bnn_designer.bench.stepped import SteppedRun, noise_images
from bnn_designer.bench.targets import STEP
from bnn_designer.design.presets import preset
from bnn_designer.training.recipe import Recipe


@dataclass(frozen=True)
class Case:
    """A preset at the batch size its target is about."""

    design: str
    batch_size: int


CASES = (Case("binarynet", 50), Case("bi-real-cifar", 128))
GRADIENTS = ("float", "int16", "int8")
PEER = "engine float"


def measure(request: Request) -> Iterator[Row]:
    """A row for each preset and kind of gradients.

    Raises:
        BenchError: the op cannot be had, or a step fails.
    """
    set_threads(request.threads)
    if not request.deterministic:
        # The loop switches it on, and TensorFlow has no way back; so it is kept off here, in this process of its own.
        tf.config.experimental.enable_op_determinism = lambda: None
    for case, wanted in request.cases(CASES, GRADIENTS, partial(text_of, request)):
        yield from rows_of(case, wanted, request)


def text_of(request: Request, case: Case, gradients: str) -> str:
    order = "fixed order of sums" if request.deterministic else "any order of sums"
    return f"train {case.design} batch {case.batch_size}, {gradients} gradients, {order}"


def recipe_of(case: Case, engine: str, gradients: str = "float") -> Recipe:
    return Recipe.from_fields(batch_size=case.batch_size, engine=engine, gradients=gradients)


def rows_of(case: Case, wanted: list[str], request: Request) -> Iterator[Row]:
    pace = request.pace(seconds=15, least=6, most=60)
    data = noise_images(case.batch_size * ((pace.rounds or pace.most) + pace.warm_up + 2))
    design = preset(case.design)
    recipes = {PEER: recipe_of(case, "float"), **{name: recipe_of(case, "xnor", name) for name in wanted}}
    with ExitStack() as stack:
        runs = {
            name: stack.enter_context(closing(SteppedRun(design, recipe, data))) for name, recipe in recipes.items()
        }
        turns: dict[str, Turn] = {name: run.step_ms for name, run in runs.items()}
        times = take_turns(turns, pace)
        for name, run in runs.items():
            if name != PEER and run.engine != "xnor":
                raise BenchError(f"{case.design}: the step ran in float: {run.engine_reason}")
    peer = Sample.of(PEER, times[PEER])
    for name in wanted:
        ours = Sample.of(f"engine xnor, {name}", times[name])
        rate = f"{1e3 * case.batch_size / ours.min:.0f} images/s"
        target = STEP.get((case.design, name))
        yield Row(text_of(request, case, name), request.threads, ours, peer, target, note=rate)
