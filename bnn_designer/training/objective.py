"""What a step lowers: the cross-entropy of the labels, smoothed or not, and the distance to a teacher's outputs."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from bnn_designer.nn import binary_kernels
from bnn_designer.training.recipe import Recipe

#: Images float32 [N, height, width, channels], labels int [N] and probabilities float32 [N, classes] to a loss for each
#: image, float32 [N], in nats.
Objective = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]

#: What Keras puts below probabilities before it takes their logarithm.
_LEAST = 1e-7


def objective_for(recipe: Recipe, teacher: keras.Model | None = None) -> Objective:
    """What a recipe's steps lower, image by image; a teacher sees the same images."""
    of_labels = _of_labels(recipe)
    if teacher is None:
        return lambda _, labels, probabilities: of_labels(labels, probabilities)

    def of_both(images: tf.Tensor, labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
        with binary_kernels():  # in the first of two stages it is the student's kernels that are floats
            of_teacher = teacher(images, training=False)
        distance = distillation_loss(probabilities, of_teacher, recipe.temperature)
        return (1 - recipe.teacher_share) * of_labels(labels, probabilities) + recipe.teacher_share * distance

    return of_both


def _of_labels(recipe: Recipe) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
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


def distillation_loss(probabilities: tf.Tensor, of_teacher: tf.Tensor, temperature: float) -> tf.Tensor:
    """``T^2 KL(p || q)`` of the softened outputs of teacher, p, and student, q.

    Hinton et al., "Distilling the Knowledge in a Neural Network", arXiv 1503.02531, section 2; the factor keeps the
    gradients of the size that they have at T = 1. Softening is ``softmax(logits / T)``, and the logarithm of a
    probability is a logit but for a constant.

    Args:
        probabilities: of the student, float32 [N, classes].
        of_teacher: the same; no gradient reaches it.
        temperature: T, above 0.

    Returns:
        float32 [N], in nats.
    """
    student, teacher = (
        tf.nn.log_softmax(tf.math.log(tf.maximum(values, _LEAST)) / temperature)
        for values in (probabilities, tf.stop_gradient(of_teacher))
    )
    return temperature**2 * tf.reduce_sum(tf.exp(teacher) * (teacher - student), axis=-1)
