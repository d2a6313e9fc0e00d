"""Activations (``larq.activations``): the identity between -1 and 1, and beyond, flat or less steep.

Importing :mod:`bnn_designer.larq` lets Keras' own layers take ``"leaky_tanh"`` too; ``"hard_tanh"`` is Keras' own.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

hard_tanh = keras.activations.hard_tanh


@keras.saving.register_keras_serializable("bnn_designer")  # type: ignore[untyped-decorator]
def leaky_tanh(x: Any, alpha: float = 0.2) -> tf.Tensor:
    """``x`` where ``|x| <= 1``; beyond, a line of the slope ``alpha`` that goes on from there.

    Args:
        x: tensor of floats, of any shape.
        alpha: the slope outside of [-1, 1].

    Returns:
        Tensor of the same shape and type.
    """
    x = tf.convert_to_tensor(x)
    beyond = tf.maximum(x, tf.ones_like(x)) + tf.minimum(x, -tf.ones_like(x))  # 0 between -1 and 1
    return tf.clip_by_value(x, -1, 1) + alpha * beyond


__all__ = ["hard_tanh", "leaky_tanh"]
