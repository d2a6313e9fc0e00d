"""Quantizers to one bit: the sign function with a straight-through gradient, as Larq users know them, and the step.

These compute ``sign(x)`` with ``sign(0) = +1`` and differ in the gradient they pretend it has (`larq.quantizers`;
Courbariaux et al. 2016, arXiv 1602.02830; Liu et al. 2018, arXiv 1808.00278; Darabi et al. 2018, arXiv 1812.11800):

==============  =====================================================
``ste_sign``    1 where ``|x| <= clip_value``, else 0
``approx_sign`` ``2 - 2 |x|`` where ``|x| <= 1``, else 0
``swish_sign``  ``b (2 - b x tanh(b x / 2)) / (1 + cosh(b x))``, b = 5
==============  =====================================================

``ste_heaviside`` gives 0 and 1, 1 where ``x > 0``, with the gradient of ``ste_sign``.

NaN stays NaN, so that a training run that has diverged shows it; its gradient is 0.
TensorFlow flushes subnormal numbers to zero, so a negative subnormal has the sign +1.
Whole numbers have the same signs, in their own type; where a quantizer gives fractions, they count as floats.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.flip_ratio import PACKAGE
from bnn_designer.nn.quantizer import Quantizer, known_as, named, numbers


def sign(x: tf.Tensor) -> tf.Tensor:
    """-1 where ``x < 0``, +1 where ``x >= 0``, NaN of NaN; type and shape of ``x``, and the gradient of a constant."""
    if x.dtype.is_integer:
        one = tf.ones_like(x)
        # Half a step, as below, is no whole number; and unsigned numbers, which TensorFlow does not negate, have no -1.
        return one if x.dtype.is_unsigned else tf.where(x < 0, -one, one)
    # The inner sign is -1, 0 or 1; half a step up leaves no zero, and NaN passes through both.
    return tf.sign(tf.sign(x) + tf.cast(0.5, x.dtype))


def heaviside(x: tf.Tensor) -> tf.Tensor:
    """1 where ``x > 0``, 0 where ``x <= 0``, NaN of NaN; type and shape of ``x``."""
    return tf.sign(tf.maximum(x, tf.zeros_like(x)))


def clipped(x: tf.Tensor, dy: tf.Tensor, clip_value: float | None) -> tf.Tensor:
    """The gradient ``dy`` where ``|x| <= clip_value``, else 0; None: everywhere."""
    if clip_value is None:
        return dy
    return tf.where(tf.abs(x) <= tf.cast(clip_value, x.dtype), dy, tf.zeros_like(dy))


def is_number(value: Any) -> bool:
    """Whether a value is a number, which True and False are not meant as."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_clip_value(where: str, clip_value: float | None) -> None:
    """Refuses a clip with which nothing would learn.

    Raises:
        LayerError: ``clip_value`` is neither a positive number nor None.
    """
    if clip_value is not None and not (is_number(clip_value) and clip_value > 0):
        raise LayerError(
            where,
            f"clip_value must be positive or None, got {clip_value!r}",
            "With 0 or less no weight would ever learn; the usual value is 1.0",
        )


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def ste_sign(x: Any, clip_value: float | None = 1.0) -> tf.Tensor:
    """Sign of ``x``, with the gradient of the identity where ``|x| <= clip_value``.

    Args:
        x: tensor of floats or whole numbers, of any shape.
        clip_value: where the gradient ends; None never clips it.

    Returns:
        Tensor of -1 and +1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return sign(x), lambda dy: clipped(x, dy, clip_value)

    return op(numbers(x))


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def approx_sign(x: Any) -> tf.Tensor:
    """Sign of ``x``, with the gradient ``2 - 2 |x|`` where ``|x| <= 1`` (Bi-Real Net, arXiv 1808.00278, eq. 5).

    Args:
        x: tensor of floats or whole numbers, of any shape.

    Returns:
        Tensor of -1 and +1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(dy: tf.Tensor) -> tf.Tensor:
            magnitude = tf.abs(x)
            return tf.where(magnitude <= 1, (2 - 2 * magnitude) * dy, tf.zeros_like(dy))

        return sign(x), gradient

    return op(numbers(x))


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def swish_sign(x: Any, beta: float = 5.0) -> tf.Tensor:
    """Sign of ``x``, with the gradient of the SignSwish function (BNN+, arXiv 1812.11800, eq. 3).

    Args:
        x: tensor of floats or whole numbers, of any shape.
        beta: the larger, the closer the function is to the sign.

    Returns:
        Tensor of -1 and +1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(dy: tf.Tensor) -> tf.Tensor:
            # Beyond 30 the gradient is 0 in float32, and cosh of large numbers would be infinite.
            scaled = tf.clip_by_value(beta * x, -30.0, 30.0)
            return dy * beta * (2 - scaled * tf.tanh(scaled / 2)) / (1 + tf.cosh(scaled))

        return sign(x), gradient

    return op(numbers(x))


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def ste_heaviside(x: Any, clip_value: float | None = 1.0) -> tf.Tensor:
    """1 where ``x > 0``, else 0, with the gradient of the identity where ``|x| <= clip_value``.

    Args:
        x: tensor of floats or whole numbers, of any shape.
        clip_value: where the gradient ends; None never clips it.

    Returns:
        Tensor of 0 and 1, shape and type of ``x``.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return heaviside(x), lambda dy: clipped(x, dy, clip_value)

    return op(numbers(x))


@keras.saving.register_keras_serializable(PACKAGE)
@named("ste_sign")
class SteSign(Quantizer):
    """Sign with the straight-through gradient, see `ste_sign`.

    Args:
        clip_value: the gradient is 1 where ``|x| <= clip_value``, else 0; None never clips it.

    Raises:
        LayerError: ``clip_value`` is not positive.
    """

    def __init__(self, clip_value: float | None = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_clip_value(f"SteSign '{self.name}'", clip_value)
        self.clip_value = clip_value

    def call(self, inputs: Any) -> tf.Tensor:
        """Sign of the inputs, in their shape."""
        return ste_sign(inputs, clip_value=self.clip_value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "clip_value": self.clip_value}


@keras.saving.register_keras_serializable(PACKAGE)
@named("approx_sign")
class ApproxSign(Quantizer):
    """Sign with the gradient of a piecewise parabola, see `approx_sign`."""

    def call(self, inputs: Any) -> tf.Tensor:
        """Sign of the inputs, in their shape."""
        return approx_sign(inputs)


@keras.saving.register_keras_serializable(PACKAGE)
@named("swish_sign")
class SwishSign(Quantizer):
    """Sign with a smooth gradient, see `swish_sign`.

    Args:
        beta: how steep the gradient is near 0.
        **kwargs: as `Quantizer` has them.

    Raises:
        LayerError: ``beta`` is no positive number.
    """

    def __init__(self, beta: float = 5.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not (is_number(beta) and beta > 0):
            raise LayerError(
                f"SwishSign '{self.name}'", f"beta must be a positive number, got {beta!r}", "The usual value is 5.0"
            )
        self.beta = beta

    def call(self, inputs: Any) -> tf.Tensor:
        """Sign of the inputs, in their shape."""
        return swish_sign(inputs, beta=self.beta)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "beta": self.beta}


@keras.saving.register_keras_serializable(PACKAGE)
@known_as("ste_heaviside")
class SteHeaviside(Quantizer):
    """0 and 1 with the straight-through gradient, see `ste_heaviside`; 1 bit, which is none that XNOR multiplies.

    Args:
        clip_value: the gradient is 1 where ``|x| <= clip_value``, else 0; None never clips it.
        **kwargs: as `Quantizer` has them.

    Raises:
        LayerError: ``clip_value`` is not positive.
    """

    precision = 1

    def __init__(self, clip_value: float | None = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_clip_value(f"SteHeaviside '{self.name}'", clip_value)
        self.clip_value = clip_value

    def call(self, inputs: Any) -> tf.Tensor:
        """Steps of the inputs, in their shape."""
        return ste_heaviside(inputs, clip_value=self.clip_value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "clip_value": self.clip_value}
