"""The binary convolution from bits to bits beside TensorFlow's float one and XNNPACK's int8 one, 3x3 "same", one image.

Ours reads packed signs and writes packed signs, through a threshold for each filter, with ones outside the image: what
becomes of convolution, batch norm and sign in a deployed network. Two of ours: the op of TensorFlow, which brings the
weights into the kernel's order each time, and on one thread the kernel behind it, with the weights in that order
beforehand, as the engine keeps them (and as XNNPACK keeps its own). The peers only convolve: no batch norm, no sign.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from bnn_designer.bench import native
from bnn_designer.bench.cases.conv import Shape, planned_packed
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.conv import set_threads, signs
from bnn_designer.bench.peer_xnnpack import NAME as XNNPACK
from bnn_designer.bench.peer_xnnpack import int8_turn
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns, timed
from bnn_designer.bench.rows import Missing, Row, Sample
from bnn_designer.bench.targets import PACKED_FLOAT, PACKED_INT8
from bnn_designer.kernels import ops


def measure(request: Request) -> Iterator[Row]:
    """Two rows a shape and way of ours: against float and against int8.

    Raises:
        BenchError: the op cannot be had, or computes something else.
    """
    set_threads(request.threads)
    for shape, texts in wanted(request, planned_packed(request)).items():
        yield from rows_of(shape, texts, request)


def rows_of(shape: Shape, texts: dict[str, str], request: Request) -> Iterator[Row]:
    x = tf.random.stateless_normal((1, shape.size, shape.size, shape.channels), seed=(1, 2))
    kernel = tf.random.stateless_uniform((3, 3, shape.channels, shape.channels), seed=(3, 4), minval=-1.0)
    thresholds = tf.random.stateless_uniform((shape.channels,), (5, 6), -9, 9, tf.int32)
    flips = tf.zeros((-(-shape.channels // 64),), tf.int64)
    words, packed, x_signs, kernel_signs = ops.pack(x), ops.pack_conv_kernel(kernel), signs(x), signs(kernel)

    def convolve() -> tf.Tensor:
        return ops.binary_conv2d_signs(
            words, packed, thresholds, flips, channels=shape.channels, padding="same", pad_values=1
        )

    kept = native.Convolution(native.chosen_isa(), words.numpy(), packed.numpy(), thresholds.numpy())
    turns: dict[str, Turn] = {"op": timed(convolve), "kernel": native.turn_of(kept.run_ms, turn_ms=0.0)}
    expect_signs(shape, x_signs, kernel_signs, thresholds, {"op": convolve().numpy(), "kernel": kept.result()})
    turns = {way: turns[way] for way in texts}
    turns["float"] = timed(lambda: tf.nn.conv2d(x_signs, kernel_signs, 1, "SAME"))
    int8 = int8_turn(kernel.numpy(), shape.size, request.threads)
    if not isinstance(int8, Missing):
        turns["int8"] = int8
    times = take_turns(turns, request.pace(seconds=1.5, least=20, most=1000, lead_in=1))
    kept.close()
    for way, text in texts.items():
        ours = Sample.of(f"xnor {native.chosen_isa()}, {way}", times[way])
        rate = ours.speed_text(shape.macs)
        peer = Sample.of("tf.nn.conv2d", times["float"])
        yield Row(text, request.threads, ours, peer, PACKED_FLOAT, group_of(way, "float"), rate)
        rival = int8 if isinstance(int8, Missing) else Sample.of(XNNPACK, times["int8"])
        yield Row(text, request.threads, ours, rival, PACKED_INT8, group_of(way, "int8"), rate)


def group_of(way: str, peer: str) -> str:
    return f"packed {way}, against {peer}"


def expect_signs(
    shape: Shape, x_signs: tf.Tensor, kernel_signs: tf.Tensor, thresholds: tf.Tensor, results: dict[str, np.ndarray]
) -> None:
    """The signs of TensorFlow's own sums, less the thresholds, are those that each of ours has in its bits.

    Raises:
        BenchError: they differ.
    """
    bordered = tf.pad(x_signs, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=1.0)
    sums = tf.nn.conv2d(bordered, kernel_signs, 1, "VALID") - tf.cast(thresholds, tf.float32)
    expected = ops.pack(sums).numpy()
    for way, result in results.items():
        if not np.array_equal(result, expected):
            raise BenchError(
                f"conv {shape}: the packed {way} gives other signs than TensorFlow; its times would be meaningless."
            )
