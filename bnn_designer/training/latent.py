"""The validation of a trained network with its latent weights in place of the binary ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import binary_kernel_layers, latent_kernels
from bnn_designer.training.augment import scale
from bnn_designer.training.events import LatentWeights
from bnn_designer.training.recipe import Recipe

#: Training images that batch norms are computed anew from, so many at a time.
NORM_IMAGES = 2_000
NORM_BATCH = 200

#: Mean loss in nats and accuracy on the validation images.
Figures = tuple[float, float]


def has_latent_weights(model: keras.Model, recipe: Recipe) -> bool:
    """Whether there are float weights behind binary ones; Bop has none, and of a float kernel nothing is latent."""
    return bool(binary_kernel_layers(model)) and recipe.optimizer != "adam_bop"


def latent_figures(
    model: keras.Model, images: tf.Tensor, binary: Figures, validate: Callable[[], Figures | None]
) -> LatentWeights | None:
    """Validates with the latent weights: with the batch norms as they are, and with norms of these weights' own.

    A latent weight is smaller than 1, so that sums of them are smaller than those of signs, which the batch norms know.
    The second figure leaves that out: the norms' statistics are means over batches of training images, as after
    averaging weights (Izmailov et al., arXiv 1803.05407, section 3.2). Nothing of the model stays changed.

    Args:
        model: trained.
        images: uint8 [N, height, width, channels], of the training set.
        binary: the validation with the binary weights.
        validate: does it with the latent ones; None if the run is cancelled meanwhile, and so is the result.
    """
    as_they_are = validate()
    if as_they_are is None:
        return None
    before = [variable.numpy() for variable in model.non_trainable_variables]
    try:
        _compute_norms(model, images[:NORM_IMAGES])
        own_norms = validate()
    finally:
        for variable, value in zip(model.non_trainable_variables, before, strict=True):
            variable.assign(value)
    if own_norms is None:
        return None
    return LatentWeights(
        val_loss=binary[0],
        val_accuracy=binary[1],
        latent_val_loss=as_they_are[0],
        latent_val_accuracy=as_they_are[1],
        own_norms_val_loss=own_norms[0],
        own_norms_val_accuracy=own_norms[1],
    )


def _compute_norms(model: keras.Model, images: tf.Tensor) -> None:
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]

    @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
    def move_norms(batch: tf.Tensor, number: tf.Tensor) -> None:
        # with the momentum 1 - 1/k in batch k, a moving mean is the mean over all batches so far
        with latent_kernels(), _momentum(norms, 1 - 1 / number):
            model(scale(batch), training=True)

    batch_size = min(NORM_BATCH, len(images))
    for number in range(1, len(images) // batch_size + 1):
        move_norms(images[(number - 1) * batch_size : number * batch_size], tf.constant(float(number)))


@contextmanager
def _momentum(norms: list[Any], momentum: tf.Tensor) -> Iterator[None]:
    """While a function is recorded: the momentum of all batch norms is this tensor."""
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = momentum
    try:
        yield
    finally:
        for norm, its in zip(norms, before, strict=True):
            norm.momentum = its
