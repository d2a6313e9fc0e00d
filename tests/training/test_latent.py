"""The validation with latent weights: with the norms as they are, and with norms of their own."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, Dropout, GlobalPool, Head
from bnn_designer.graph import lower
from bnn_designer.nn import build_model, latent_kernels
from bnn_designer.training.augment import scale
from bnn_designer.training.latent import Figures, has_latent_weights, latent_figures
from bnn_designer.training.recipe import Recipe

IMAGES = tf.constant(np.random.default_rng(0).integers(0, 256, (450, 32, 32, 3), np.uint8))


def network(**quantizers: object) -> Design:
    norm = BatchNormOptions(momentum=0.8)
    conv = BinaryConv(id="conv", filters=4, batch_norm=norm, **quantizers)  # type: ignore[arg-type]
    return Design(blocks=(Conv(filters=4, strides=(8, 8), batch_norm=norm), conv, Dropout(), GlobalPool(), Head()))


def model_of(engine: str = "float") -> keras.Model:
    model = build_model(lower(network()), engine=engine, seed=0)  # type: ignore[arg-type]
    for _ in range(3):
        model(scale(IMAGES[:50]), training=True)
    return model


def outputs_of(model: keras.Model, seen: list[np.ndarray]) -> Callable[[], Figures]:
    """A validation that keeps what the convolution's batch norm knows, and what the model answers."""

    def validate() -> Figures:
        with latent_kernels():
            seen.append(model(scale(IMAGES[:20]), training=False).numpy())
        seen.append(model.get_layer("conv.batch_norm").moving_variance.numpy())
        return float(len(seen)), 0.5

    return validate


def test_the_second_validation_has_the_norms_of_the_latent_weights() -> None:
    for engine in ("float", "auto"):
        model, seen = model_of(engine), []  # type: ignore[var-annotated]
        before = [variable.numpy() for variable in model.variables]
        found = latent_figures(model, IMAGES, (1.0, 0.25), outputs_of(model, seen))
        assert found is not None
        assert (found.val_loss, found.latent_val_loss, found.own_norms_val_loss) == (1.0, 2.0, 4.0)
        # two whole batches of 200 of the 450 images: the mean of their variances
        stem, norm = model.get_layer("conv_1.batch_norm"), model.get_layer("conv")
        inputs = keras.Model(model.inputs, model.get_layer("conv_1").output)
        variances = []
        for first in (0, 200):
            sums = inputs(scale(IMAGES[first : first + 200])).numpy()
            mean, variance = sums.mean(axis=(0, 1, 2)), sums.var(axis=(0, 1, 2))
            normed = (sums - mean) / np.sqrt(variance + stem.epsilon) * stem.gamma.numpy() + stem.beta.numpy()
            with latent_kernels():
                variances.append(norm(tf.constant(normed)).numpy().var(axis=(0, 1, 2)))
        np.testing.assert_allclose(seen[3], np.mean(variances, axis=0), rtol=0.02)
        assert not np.allclose(seen[3], seen[1], rtol=0.5)
        assert np.abs(seen[2] - seen[0]).max() > 0.01
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)


def test_a_cancelled_validation_gives_nothing_and_leaves_the_model_as_it_was() -> None:
    for answers in ([None], [(1.0, 0.5), None]):
        model = model_of()
        before = [variable.numpy() for variable in model.variables]
        ahead = iter(answers)
        assert latent_figures(model, IMAGES, (1.0, 0.25), lambda ahead=ahead: next(ahead)) is None  # type: ignore[misc]
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)


def test_which_networks_have_latent_weights() -> None:
    assert has_latent_weights(model_of(), Recipe())
    assert not has_latent_weights(model_of(), Recipe(optimizer="adam_bop"))
    in_float = build_model(lower(network(kernel_quantizer=None)), engine="float", seed=0)
    assert not has_latent_weights(in_float, Recipe())
