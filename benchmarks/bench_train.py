"""One training step of BinaryNet, batch 50: engine "xnor" against engine "float", in one process and alternating.

    python -m benchmarks.bench_train [--rounds N] [--batch-size N] [--json]

A step is what ``model.train_on_batch`` does: forward, gradients, Adam, weight clipping. The images are noise; the time
of a step does not depend on them. Pairs alternate, so that a busy machine slows both engines alike; the ratio of the
minima is the claim, the ratio of the medians stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.design.presets import PRESETS
from bnn_designer.graph import lower
from bnn_designer.nn import build_model, engines
from bnn_designer.nn.engine import Engine

ENGINES: tuple[Engine, ...] = ("xnor", "float")


def trainable(preset: str, engine: Engine) -> keras.Model:
    """The preset's model, ready to train with Adam; every engine starts from the same weights."""
    model = build_model(lower(PRESETS[preset]()), engine=engine, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    return model


def measure(preset: str, batch_size: int, rounds: int) -> dict[str, Any]:
    """Seconds of one training step for each engine, and the ratios float / xnor."""
    models = {engine: trainable(preset, engine) for engine in ENGINES}
    rng = np.random.default_rng(0)
    height, width, channels = models["float"].input_shape[1:]
    images = tf.constant(rng.normal(size=(batch_size, height, width, channels)), tf.float32)
    labels = tf.constant(rng.integers(0, models["float"].output_shape[-1], batch_size))
    seconds: dict[Engine, list[float]] = {engine: [] for engine in ENGINES}
    for model in models.values():
        for _ in range(2):  # The first step traces the graph, the second still warms caches.
            model.train_on_batch(images, labels)
    for _ in range(rounds):
        for engine, model in models.items():
            start = time.perf_counter()
            model.train_on_batch(images, labels)
            seconds[engine].append(time.perf_counter() - start)
    least = {engine: min(values) for engine, values in seconds.items()}
    median = {engine: statistics.median(values) for engine, values in seconds.items()}
    return {
        "preset": preset,
        "batch_size": batch_size,
        "rounds": rounds,
        "tensorflow": tf.__version__,
        "cpus": os.cpu_count(),
        "isa": kernels.info().isa,
        "xnor_layers": sum(choice.used == "xnor" for choice in engines(models["xnor"]).values()),
        "step_s": {engine: {"min": least[engine], "median": median[engine]} for engine in ENGINES},
        "images_per_second": {engine: batch_size / least[engine] for engine in ENGINES},
        "speedup": {"min": least["float"] / least["xnor"], "median": median["float"] / median["xnor"]},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="binarynet")
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    if not kernels.available():
        print(f"bench_train: nothing to compare, the compiled op cannot be had: {kernels.unavailable_reason()}")
        return 2
    report = measure(arguments.preset, arguments.batch_size, arguments.rounds)
    if arguments.json:
        print(json.dumps(report, indent=2))
        return 0
    print(
        f"{report['preset']}, one training step, batch {report['batch_size']}, {report['cpus']} CPUs, "
        f"TensorFlow {report['tensorflow']}, kernels {report['isa']}, {report['xnor_layers']} XNOR layers, "
        f"{report['rounds']} alternating pairs"
    )
    for engine in ENGINES:
        step = report["step_s"][engine]
        print(
            f"  {engine:5}  min {step['min'] * 1e3:8.1f} ms  median {step['median'] * 1e3:8.1f} ms  "
            f"{report['images_per_second'][engine]:7.1f} images/s"
        )
    print(f"  float / xnor: {report['speedup']['min']:.2f} (min), {report['speedup']['median']:.2f} (median)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
