"""The engine's float convolutions: its own loop beside oneDNN, one layer at a time, from image to result.

Random data without zeros. docs/engine.md has a table of it, and library_is_faster() in csrc/engine/library.cc follows
from it. Both times are by the engine's own clock: Python's call is not part of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

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


@dataclass(frozen=True)
class Shape:
    """A "same" convolution with a square kernel on a square image."""

    size: int
    channels: int
    filters: int
    kernel: int
    stride: int

    def __str__(self) -> str:
        return (
            f"{self.kernel}x{self.kernel} /{self.stride}, {self.channels} to {self.filters} at {self.size}x{self.size}"
        )


SHAPES = (
    Shape(224, 3, 64, 7, 2),  # bi-real-net
    Shape(224, 3, 96, 11, 4),  # binary-alexnet
    Shape(224, 3, 16, 3, 2),  # quicknet
    Shape(32, 3, 128, 3, 1),  # binarynet
    Shape(112, 8, 8, 3, 2),
    Shape(56, 64, 64, 3, 1),
    Shape(14, 256, 256, 3, 1),
    Shape(56, 16, 64, 1, 1),  # quicknet
    Shape(56, 64, 128, 1, 1),
    Shape(28, 64, 128, 1, 1),
    Shape(28, 128, 256, 1, 1),
    Shape(14, 128, 256, 1, 1),
    Shape(7, 256, 512, 1, 1),
)


def measure(request: Request) -> Iterator[Row]:
    """A row a shape.

    Raises:
        BenchError: the two compute something else, or the engine cannot run here.
    """
    for shape in SHAPES:
        if request.wants(text_of(shape)):
            yield row_of(shape, request)


def text_of(shape: Shape) -> str:
    return f"float conv {shape}"


def row_of(shape: Shape, request: Request) -> Row:
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
            expect_equal(shape, own.run(image), other.run(image))
            turns[ONEDNN] = turn_of(runs_ms(other, image), TURN_MS)
            kernel = f", {other.kernels()[0]}"
        times = take_turns(turns, request.pace(most=1000))
    if ONEDNN in times:
        assert other.float_kernels.library is not None
        peer = Sample.of(other.float_kernels.library.name, times[ONEDNN])
    ours = Sample.of(f"own loop {own.isa}", times[OWN])
    note = ours.speed_text(network.header.groups[0].macs) + kernel
    return Row(text_of(shape), request.threads, ours, peer, note=note)


def runs_ms(engine: Engine, image: npt.NDArray[np.float32]) -> Callable[[int], float]:
    """So many runs, in ms."""
    return lambda repeats: 1e3 * sum(float(engine.run_timed(image)[0]) for _ in range(repeats))


def expect_equal(shape: Shape, own: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> None:
    """Both results are the same but for the order of their sums.

    Raises:
        BenchError: they differ.
    """
    if not np.allclose(own, other, rtol=TOLERANCE, atol=TOLERANCE * float(np.abs(own).max())):
        raise BenchError(f"{text_of(shape)}: oneDNN and the own loop give different sums; one of them is wrong.")


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
