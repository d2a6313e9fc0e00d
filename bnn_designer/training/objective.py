"""What a step lowers: the cross-entropy of the labels, smoothed or not."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from bnn_designer.training.recipe import Recipe

#: Labels int [N] and probabilities float32 [N, classes] to a loss for each image, float32 [N], in nats.
Objective = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def objective_for(recipe: Recipe) -> Objective:
    """What a recipe's steps lower, image by image."""
    if recipe.label_smoothing == 0:
        return cross_entropy
    return lambda labels, probabilities: smoothed_cross_entropy(labels, probabilities, recipe.label_smoothing)


def cross_entropy(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """Of the labels as they are; shapes and units as in :func:`smoothed_cross_entropy`."""
    return keras.losses.sparse_categorical_crossentropy(labels, probabilities)


def smoothed_cross_entropy(labels: tf.Tensor, probabilities: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Cross-entropy with labels of which a share is spread evenly over all classes, the right one included.

    Szegedy et al., "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.

    Args:
        labels: int [N].
        probabilities: float32 [N, classes].
        smoothing: the share, 0 .. 1.

    Returns:
        float32 [N], in nats.
    """
    classes = probabilities.shape[-1]
    smooth = (1 - smoothing) * tf.one_hot(labels, classes) + smoothing / classes
    return keras.losses.categorical_crossentropy(smooth, probabilities)
