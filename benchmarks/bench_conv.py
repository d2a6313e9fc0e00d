"""How fast the binary convolution is beside TensorFlow's float one: `python -m benchmarks.bench_conv [--json]`.

Each round runs every contender once, so that all of them see the same machine; random data without zeros; the same
intra-op threads for all. Shown are the least and the median time of the rounds. GMAC/s counts a multiply-add as one
and leaves nothing out at the borders. BNN_KERNELS=avx2 (or portable) measures another instruction set.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.kernels import ops


@dataclass(frozen=True)
class Shape:
    """A 3x3 "same" convolution of `channels` to as many filters on a square image."""

    channels: int
    size: int
    batch: int

    @property
    def macs(self) -> int:
        """Multiply-adds of one forward pass."""
        return self.batch * self.size**2 * 3 * 3 * self.channels**2

    def __str__(self) -> str:
        return f"{self.channels}@{self.size}x{self.size} batch {self.batch}"


SHAPES = tuple(
    Shape(channels, size, batch) for channels, size in ((128, 32), (64, 56), (256, 16), (512, 8)) for batch in (50, 1)
)


@dataclass(frozen=True)
class Result:
    """One contender on one shape."""

    shape: str
    contender: str
    least_ms: float
    median_ms: float
    gmacs_per_s: float
    speedup: float  # least time of the float convolution / least time of this one


def contenders(shape: Shape) -> dict[str, Callable[[], Any]]:
    """Name -> a call that computes the convolution, on data made here."""
    x = tf.random.stateless_normal((shape.batch, shape.size, shape.size, shape.channels), seed=(1, 2))
    kernel = tf.random.stateless_uniform((3, 3, shape.channels, shape.channels), seed=(3, 4), minval=-1.0)
    signs, weights = tf.where(x < 0, -1.0, 1.0), tf.where(kernel < 0, -1.0, 1.0)
    words, packed = ops.pack(x), ops.pack_conv_kernel(kernel)
    channels = shape.channels
    return {
        "float": lambda: tf.nn.conv2d(signs, weights, 1, "SAME"),
        "binary, zeros": lambda: ops.binary_conv2d(x, kernel, padding="same"),
        "binary, ones": lambda: ops.binary_conv2d(x, kernel, padding="same", pad_values=1),
        "packed, ones": lambda: ops.binary_conv2d_packed(
            words, packed, channels=channels, padding="same", pad_values=1
        ),
        "packing x alone": lambda: ops.pack(x),
    }


def measure(shape: Shape, seconds: float) -> list[Result]:
    """Rounds over all contenders until `seconds` have passed, at least five."""
    calls = contenders(shape)
    times: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["float"]) < 6:
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(1e3 * (time.perf_counter() - start))
    warm = {name: values[1:] for name, values in times.items()}  # the first call allocates and plans
    float_ms = min(warm["float"])
    return [
        Result(str(shape), name, min(ms), statistics.median(ms), shape.macs / min(ms) / 1e6, float_ms / min(ms))
        for name, ms in warm.items()
    ]


def main() -> None:
    """Measures all shapes, or those whose text holds --only."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    parser.add_argument("--threads", type=int, default=0, help="intra-op threads for all (0: all processors)")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each shape")
    parser.add_argument("--only", default="", help='only shapes whose text holds this, such as "128@"')
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    if not kernels.available():
        raise SystemExit(kernels.unavailable_reason())
    isa = kernels.info().isa
    results = [
        result for shape in SHAPES if arguments.only in str(shape) for result in measure(shape, arguments.seconds)
    ]
    if arguments.json:
        document = {"isa": isa, "threads": arguments.threads or os.cpu_count(), "tensorflow": tf.__version__}
        print(json.dumps(document | {"results": [asdict(result) for result in results]}, indent=1))
        return
    print(f"{isa}, {arguments.threads or os.cpu_count()} threads, TensorFlow {tf.__version__}")
    print(f"{'shape':22} {'contender':16} {'least ms':>9} {'median ms':>9} {'GMAC/s':>7} {'x float':>7}")
    for r in results:
        print(
            f"{r.shape:22} {r.contender:16} {r.least_ms:9.2f} {r.median_ms:9.2f} {r.gmacs_per_s:7.0f} {r.speedup:7.2f}"
        )


if __name__ == "__main__":
    main()
