"""The sign that is never 0, and the step (``larq.math``)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from bnn_designer.nn import signs
from bnn_designer.nn.quantizer import numbers


def sign(x: Any) -> tf.Tensor:
    """-1 where ``x < 0``, else +1.

    Args:
        x: tensor of floats or whole numbers, of any shape.

    Returns:
        Tensor of the same shape and type; its gradient is 0.
    """
    return signs.sign(numbers(x))


def heaviside(x: Any) -> tf.Tensor:
    """1 where ``x > 0``, else 0.

    Args:
        x: tensor of floats or whole numbers, of any shape.

    Returns:
        Tensor of the same shape and type; its gradient is 0.
    """
    return signs.heaviside(numbers(x))
