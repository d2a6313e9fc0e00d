"""A recipe's optimizer, by its name, for the weights of a model."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from bnn_designer.nn import Adam, Bop, CaseOptimizer, binary_kernel_layers
from bnn_designer.training.recipe import Optimizer, Recipe, RecipeError


def optimizer_for(recipe: Recipe, model: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer of a recipe, with the variables that it keeps for each weight of the model.

    All of them apply the constraint of each variable after its update, and so clip the latent weights. All that they
    know from step to step is in their ``variables``.

    Raises:
        RecipeError: Bop, for a model without binary kernels, or with kernels that get no gradient at -1 and +1.
    """
    optimizer = _BUILD[recipe.optimizer](recipe, model)
    optimizer.build(model.trainable_variables)
    return optimizer


def set_learning_rate(optimizer: keras.optimizers.Optimizer, recipe: Recipe, rate: float) -> None:
    """Sets the rate of the next step; Bop's gamma stays in proportion to it, as 1906.02107 (section 5.2) lets it fall.

    Args:
        optimizer: of :func:`optimizer_for`.
        recipe: the same.
        rate: 0 .. ``recipe.learning_rate``.
    """
    optimizer.learning_rate = rate
    if isinstance(optimizer, CaseOptimizer):
        optimizer.chosen.learning_rate = recipe.bop_gamma * rate / recipe.learning_rate


def _adam(recipe: Recipe, model: keras.Model) -> keras.optimizers.Optimizer:
    # With Keras' moments and epsilon, as in Larq's CIFAR-10 tutorial. Ours updates and clips in one pass.
    adam = keras.optimizers.Adam if recipe.engine == "float" else Adam
    return adam(recipe.learning_rate)


def _adam_bop(recipe: Recipe, model: keras.Model) -> keras.optimizers.Optimizer:
    layers = binary_kernel_layers(model)
    if not layers:
        raise RecipeError(
            "Recipe: optimizer: adam_bop flips binary weights, and the design has none. Choose adam, or make a layer's "
            "kernel binary."
        )
    for layer in layers:
        if not _learns_at_one(layer.kernel_quantizer):
            raise RecipeError(
                f"Recipe: optimizer: adam_bop keeps weights at -1 and +1, where the kernel quantizer of {layer.name} "
                "passes no gradient on. Choose adam, or make it ste_sign with a clip value of at least 1."
            )
    bop = Bop(recipe.bop_gamma, recipe.bop_threshold)
    return CaseOptimizer(bop, _adam(recipe, model), [layer.kernel.path for layer in layers])


def _learns_at_one(quantizer: Callable[[tf.Tensor], tf.Tensor]) -> bool:
    """Whether a kernel quantizer passes gradients on, the right way round, where weights are -1 and +1."""
    weights = tf.constant([[1.0], [-1.0]])  # one filter of two weights
    with tf.GradientTape() as tape:
        tape.watch(weights)
        total = tf.reduce_sum(quantizer(weights))
    return bool(tf.reduce_all(tape.gradient(total, weights) > 0))


def _sgd(recipe: Recipe, model: keras.Model) -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(recipe.learning_rate, momentum=recipe.momentum)


_BUILD: dict[Optimizer, Callable[[Recipe, keras.Model], keras.optimizers.Optimizer]] = {
    "adam": _adam,
    "adam_bop": _adam_bop,
    "sgd": _sgd,
}
