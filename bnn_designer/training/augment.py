"""Images as a network sees them: scaled, and in training mirrored and shifted at random."""

from __future__ import annotations

import tensorflow as tf

# Pixels of padding on each side before the crop, as in 1512.03385, section 4.2.
PAD = 4


def scale(images: tf.Tensor) -> tf.Tensor:
    """uint8 0 .. 255 to float32 -1 .. 1, the range of the signs and of Larq's CIFAR-10 tutorial."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def augment(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirrors each image with probability 1/2 and crops it at random out of itself, padded by 4 pixels of 0.

    Args:
        images: float32 [N, height, width, channels]; 0 is mid-gray.
        seed: int [2]; the same seed gives the same draws, on any number of threads.

    Returns:
        float32 of the same shape.
    """
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    draws = tf.random.stateless_uniform([3, count], seed, minval=0, maxval=2 * (2 * PAD + 1), dtype=tf.int32)
    rows = (draws[0] % (2 * PAD + 1))[:, None] + tf.range(height)
    columns = (draws[1] % (2 * PAD + 1))[:, None] + tf.range(width)
    columns = tf.where((draws[2] % 2 == 1)[:, None], columns[:, ::-1], columns)
    padded = tf.pad(images, [[0, 0], [PAD, PAD], [PAD, PAD], [0, 0]])
    cropped = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(cropped, columns, axis=2, batch_dims=1)
