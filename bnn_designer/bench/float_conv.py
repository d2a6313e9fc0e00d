"""The engine's float convolutions: its own loop beside oneDNN, one layer at a time, from image to result.

Random data without zeros. docs/engine.md has a table of it, and library_is_faster() in csrc/engine/library.cc follows
from it. Both times are by the engine's own clock: Python's call is not part of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import astuple

import numpy as np
import numpy.typing as npt

from bnn_designer.bench.cases.float_conv import Shape, planned
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.native import turn_of
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns
from bnn_designer.bench.rows import Contender, Missing, Row, Sample
from bnn_designer.inference import Engine, EngineError
from bnn_designer.inference.float_kernels import ONEDNN, OWN
from bnn_designer.packing import PackedNetwork
from bnn_designer.packing.drafts import RESULT, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.network import assemble

#: A turn takes about so long, so that clocks and the other's traces in the caches do not count.
TURN_MS = 2.0
#: Both sum in float32, in another order.
TOLERANCE = 1e-3


def measure(request: Request) -> Iterator[Row]:
    """A row a shape.

    Raises:
        BenchError: the two compute something else, or the engine cannot run here.
    """
    for shape, texts in wanted(request, planned(request)).items():
        yield row_of(shape, texts[""], request)


def row_of(shape: Shape, text: str, request: Request) -> Row:
    network = network_of(shape)
    image = np.random.default_rng(1).normal(0, 1, network.header.input_shape).astype(np.float32)
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(Engine(network, request.threads, float_kernels=OWN))
        turns: dict[str, Turn] = {OWN: turn_of(runs_ms(own, image), TURN_MS)}
        kernel = ""
        try:
            other = stack.enter_context(Engine(network, request.threads, float_kernels=ONEDNN))
        except EngineError as error:
            peer: Contender = Missing("oneDNN", str(error))
        else:
            expect_equal(text, own.run(image), other.run(image))
            turns[ONEDNN] = turn_of(runs_ms(other, image), TURN_MS)
            kernel = f", {other.kernels()[0]}"
        times = take_turns(turns, request.pace(most=1000))
    if ONEDNN in times:
        assert other.float_kernels.library is not None
        peer = Sample.of(other.float_kernels.library.name, times[ONEDNN])
    ours = Sample.of(f"own loop {own.isa}", times[OWN])
    note = ours.speed_text(network.header.groups[0].macs) + kernel
    return Row(text, request.threads, ours, peer, note=note)


def runs_ms(engine: Engine, image: npt.NDArray[np.float32]) -> Callable[[int], float]:
    """So many runs, in ms."""
    return lambda repeats: 1e3 * sum(float(engine.run_timed(image)[0]) for _ in range(repeats))


def expect_equal(text: str, own: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> None:
    """Both results are the same but for the order of their sums.

    Raises:
        BenchError: they differ.
    """
    if not np.allclose(own, other, rtol=TOLERANCE, atol=TOLERANCE * float(np.abs(own).max())):
        raise BenchError(f"{text}: oneDNN and the own loop give different sums; one of them is wrong.")


def network_of(shape: Shape) -> PackedNetwork:
    """A network of one float convolution of an image, "same" padding."""
    size, channels, filters, kernel, stride = astuple(shape)
    out = -(-size // stride)
    before = max((out - 1) * stride + kernel - size, 0) // 2
    geometry = Geometry(
        *(size, size, channels, out, out, filters, kernel, kernel, stride, stride), pad_top=before, pad_left=before
    )
    draw = np.random.default_rng(0)
    weights = draw.normal(0, 1, (1, geometry.products, filters)).astype(np.float32)
    bias = draw.normal(0, 1, filters).astype(np.float32)
    macs = geometry.out_pixels * geometry.products * filters
    store = StepDraft("store", RESULT)
    parts = [("image", channels)]
    group = GroupDraft("conv", "conv", ["conv"], "float_conv", geometry, parts, (weights, bias), [store], macs)
    return assemble("conv", (size, size, channels), geometry.out_pixels * filters, [group], (), 0, None)
