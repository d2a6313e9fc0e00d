"""Images as a network sees them: scaled, and in training mirrored and shifted at random."""

from __future__ import annotations

import math

import tensorflow as tf

from bnn_designer.training.data.images import Augmentation

# Pixels of padding on each side before the crop of an image of 32, as in 1512.03385, section 4.2, and at most.
PAD = 4
# Of smaller images as large a part: a shift by 4 would move half of an image of 8 pixels out of it, and a time series,
# an image of height 1, out of the only row it has.
_PAD_SHARE = PAD / 32


def shift(size: int) -> int:
    """By how many pixels an image of that height or width is shifted at most."""
    return min(PAD, round(_PAD_SHARE * size))


def scale(images: tf.Tensor) -> tf.Tensor:
    """uint8 0 .. 255 to float32 -1 .. 1, the range of the signs and of Larq's CIFAR-10 tutorial."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def augment(images: tf.Tensor, seed: tf.Tensor, rule: Augmentation) -> tf.Tensor:
    """Crops each image at random out of itself, padded on all sides, and may mirror it with probability 1/2.

    Args:
        images: float32 [N, height, width, channels] in -1 .. 1.
        seed: int [2]; the same seed gives the same draws, on any number of threads.
        rule: whether to mirror, and what to pad with.

    Returns:
        float32 of the same shape.
    """
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    down, right = shift(height), shift(width)
    # a multiple of everything that a draw is divided by, so that all remainders are as likely
    most = math.lcm(2, 2 * down + 1, 2 * right + 1)
    draws = tf.random.stateless_uniform([3, count], seed, minval=0, maxval=most, dtype=tf.int32)
    rows = (draws[0] % (2 * down + 1))[:, None] + tf.range(height)
    columns = (draws[1] % (2 * right + 1))[:, None] + tf.range(width)
    if rule.mirror:
        columns = tf.where((draws[2] % 2 == 1)[:, None], columns[:, ::-1], columns)
    padded = tf.pad(images, [[0, 0], [down, down], [right, right], [0, 0]], constant_values=rule.fill)
    cropped = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(cropped, columns, axis=2, batch_dims=1)
