"""The engine's float convolutions: its own loop and oneDNN in turns, one layer at a time, from image to result.

``python -m benchmarks.bench_float_conv [--seconds 2] [--threads 1] [--json]``; random data without zeros.
docs/engine.md has a table of it, and library_is_faster() in csrc/engine/library.cc follows from it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time

import numpy as np

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inference import Engine
from bnn_designer.packing import PackedNetwork
from bnn_designer.packing.drafts import RESULT, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.network import assemble

#: (image size, channels, filters, kernel size, stride): "same" padding.
SHAPES = (
    (224, 3, 64, 7, 2),  # bi-real-net
    (224, 3, 96, 11, 4),  # binary-alexnet
    (224, 3, 16, 3, 2),  # quicknet
    (32, 3, 128, 3, 1),  # binarynet
    (112, 8, 8, 3, 2),
    (56, 64, 64, 3, 1),
    (14, 256, 256, 3, 1),
    (56, 16, 64, 1, 1),  # quicknet
    (56, 64, 128, 1, 1),
    (28, 64, 128, 1, 1),
    (28, 128, 256, 1, 1),
    (14, 128, 256, 1, 1),
    (7, 256, 512, 1, 1),
)
#: A round of one contender takes about so long, so that clocks and the other's traces in the caches do not count.
ROUND_SECONDS = 2e-3


def layer(size: int, channels: int, filters: int, kernel: int, stride: int) -> PackedNetwork:
    """A network of one float convolution of an image, "same" padding."""
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


def measure(shape: tuple[int, int, int, int, int], threads: int, seconds: float) -> dict[str, object]:
    """Milliseconds of both, least and median, and what oneDNN ran."""
    network = layer(*shape)
    image = np.random.default_rng(1).normal(0, 1, network.header.input_shape).astype(np.float32)
    with (
        Engine(network, threads, float_kernels="own") as own,
        Engine(network, threads, float_kernels="onednn") as other,
    ):
        contenders = {"own": own, "onednn": other}
        difference = float(np.abs(own.run(image) - other.run(image)).max())
        took: dict[str, list[float]] = {name: [] for name in contenders}
        repeats = max(1, round(ROUND_SECONDS / _seconds(own, image, 3)))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for name, engine in contenders.items():
                took[name].append(_seconds(engine, image, repeats) * 1e3)
        macs = network.header.groups[0].macs
        size, channels, filters, kernel, stride = shape
        return {
            "layer": f"{kernel}x{kernel} /{stride}, {channels} to {filters} at {size}x{size}",
            "mmac": macs / 1e6,
            "kernel": other.kernels()[0],
            "difference": difference,
            "ms": {name: {"least": min(some), "median": statistics.median(some)} for name, some in took.items()},
            "gmacs_per_second": {name: macs / min(some) / 1e6 for name, some in took.items()},
        }


def _seconds(engine: Engine, image: np.typing.NDArray[np.float32], repeats: int) -> float:
    """By the engine's own clock: Python's call is not part of it."""
    return sum(float(engine.run_timed(image)[0]) for _ in range(repeats)) / repeats


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each layer")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        rows = [measure(shape, options.threads, options.seconds) for shape in SHAPES]
    except BnnDesignerError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        ms, speed = row["ms"], row["gmacs_per_second"]
        assert isinstance(ms, dict)
        assert isinstance(speed, dict)
        texts = [f"{name} {ms[name]['least']:.4f} ({speed[name]:.0f}) median {ms[name]['median']:.4f}" for name in ms]
        ratio = ms["own"]["median"] / ms["onednn"]["median"]
        print(f"{row['layer']:32} {row['mmac']:6.1f} MMAC  {'  '.join(texts)}  {ratio:.2f} x  {row['kernel']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
