"""The binary convolution from float input beside TensorFlow's float one, 3x3 "same", zeros outside the image.

Random data without zeros; the float contender gets the signs as floats, as a simulated binary layer computes them, so
that all give the same sums, which is checked before anything is timed. GMAC/s leaves nothing out at the borders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.bench.cases.conv import WEIGHTS, Shape, planned
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns, timed
from bnn_designer.bench.rows import Row, Sample
from bnn_designer.bench.targets import CONV_ROW
from bnn_designer.kernels import ops

#: Way of the weights -> group of its rows.
GROUPS = {way: f"conv, weights {way}" for way in WEIGHTS}


def measure(request: Request) -> Iterator[Row]:
    """Three rows a shape: weights given as floats, as the same floats each time, and packed beforehand.

    Raises:
        BenchError: the op cannot be had, or computes something else.
    """
    set_threads(request.threads)
    for shape, texts in wanted(request, planned(request)).items():
        yield from rows_of(shape, texts, request)


def set_threads(threads: int) -> None:
    """Holds TensorFlow to so many threads, before its first op.

    Raises:
        BenchError: our op cannot be had.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if not kernels.available():
        raise BenchError(f"The compiled op is not available: {kernels.unavailable_reason()}")


def signs(x: Any) -> Any:
    return tf.where(x < 0, -1.0, 1.0)


def rows_of(shape: Shape, texts: dict[str, str], request: Request) -> Iterator[Row]:
    x = tf.random.stateless_normal((shape.batch, shape.size, shape.size, shape.channels), seed=(1, 2))
    kernel = tf.random.stateless_uniform((3, 3, shape.channels, shape.channels), seed=(3, 4), minval=-1.0)
    x_signs, kernel_signs, packed = signs(x), signs(kernel), ops.pack_conv_kernel(kernel)
    calls: dict[str, Callable[[], Any]] = {
        "peer": lambda: tf.nn.conv2d(x_signs, kernel_signs, 1, "SAME"),
        "float": lambda: ops.binary_conv2d(x, kernel, padding="same"),
        "kept": lambda: ops.binary_conv2d(x, kernel, padding="same", differentiable=False),
        "packed": lambda: ops.binary_conv2d_packed(ops.pack(x), packed, channels=shape.channels, padding="same"),
    }
    calls = {name: call for name, call in calls.items() if name == "peer" or name in texts}
    expect_equal(shape, {name: call() for name, call in calls.items()})
    turns: dict[str, Turn] = {name: timed(call) for name, call in calls.items()}
    times = take_turns(turns, request.pace(seconds=2.5, least=12, lead_in=int(shape.batch == 1)))
    peer = Sample.of("tf.nn.conv2d", times["peer"])
    for way, text in texts.items():
        ours = Sample.of(f"xnor {kernels.info().isa}", times[way])
        rate = ours.speed_text(shape.macs)
        yield Row(text, request.threads, ours, peer, CONV_ROW, GROUPS[way], rate)


def expect_equal(shape: object, results: Mapping[str, Any]) -> None:
    """Whole numbers below 2^24 are exact in float32, so every contender gives the same.

    Raises:
        BenchError: they differ.
    """
    peer = results["peer"]
    for name, result in results.items():
        if not bool(tf.reduce_all(tf.equal(peer, result))):
            raise BenchError(f"conv {shape}: '{name}' gives other sums than its peer; its times would be meaningless.")
