"""What the input pipeline takes of a training step: gathering a batch, scaling and augmenting it.

    python -m bnn_designer.bench.input_share [--preset NAME] [--batch-size N] [--steps N]

The step is the product's own (``training/steps.py``), and in turn with it the part that makes its images runs alone, on
as many threads. Prints the median of each and their ratio: were the images ready when a step begins, it could be
faster by that share at most. Images of noise; a step's time does not depend on them. Not part of ``make bench``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from bnn_designer.bench.stepped import noise_images
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.graph import lower
from bnn_designer.nn import build_model
from bnn_designer.training.augment import augment, scale
from bnn_designer.training.optimizers import optimizer_for
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.steps import Steps
from bnn_designer.units import ms_text, percent_text

_IMAGES = 10_000
_WARM_UP = 5


def measured(name: str, batch_size: int, steps: int) -> tuple[list[float], list[float]]:
    """ms of each step, and of its input part alone, taking turns."""
    recipe = Recipe(batch_size=batch_size)
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    data = noise_images(_IMAGES)
    model = build_model(lower(preset(name)), engine=recipe.engine, seed=recipe.seed, gradients=recipe.gradients_used)
    whole = Steps(model, optimizer_for(recipe, model), recipe, data)
    train_images, train_labels = tf.constant(data.train_images), tf.constant(data.train_labels)

    @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
    def input_part(indices: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images, labels = scale(tf.gather(train_images, indices)), tf.gather(train_labels, indices)
        return augment(images, tf.stack([tf.constant(recipe.seed, tf.int64), step]), data.augmentation), labels

    rng = np.random.default_rng(0)
    of_step, of_input = [], []
    for step in range(_WARM_UP + steps):
        indices = rng.integers(0, _IMAGES, batch_size)
        timed = _ms(lambda indices=indices, step=step: whole.train(indices, step, recipe.learning_rate))  # type: ignore[misc]
        alone = _ms(lambda indices=indices, step=step: input_part(tf.constant(indices), tf.constant(step, tf.int64)))  # type: ignore[misc]
        if step >= _WARM_UP:
            of_step.append(timed)
            of_input.append(alone)
    return of_step, of_input


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="bi-real-cifar")
    parser.add_argument("--batch-size", type=int, default=Recipe().batch_size)
    parser.add_argument("--steps", type=int, default=60)
    arguments = parser.parse_args()
    of_step, of_input = measured(arguments.preset, arguments.batch_size, arguments.steps)
    step_ms, input_ms = statistics.median(of_step), statistics.median(of_input)
    print(
        f"{arguments.preset} batch {arguments.batch_size}: step {ms_text(step_ms)} (min {ms_text(min(of_step))}), "
        f"input part {ms_text(input_ms)} (min {ms_text(min(of_input))}), {percent_text(input_ms / step_ms)} of it"
    )


if __name__ == "__main__":
    main()
