"""Quantizers of more than one bit: ternary, DoReFa's steps, and 8 bits.

All are simulated in float: the forward pass gives the rounded values, the gradient is that of a clipped identity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.quantizers import PACKAGE, Quantizer, floats, named


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _round(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """The nearest whole numbers, halves to even ones; the gradient passes unchanged."""
    return tf.round(x), lambda dy: dy


@keras.saving.register_keras_serializable(PACKAGE)
@named("ste_tern")
class SteTern(Quantizer):
    """-1, 0 or +1: zero where ``|x| <= threshold``; 2 bits (`larq.quantizers.SteTern`).

    Ternary Weight Networks, arXiv 1605.04711, with a fixed threshold.

    Args:
        threshold_value: the largest magnitude that becomes zero.
        clip_value: the gradient is 1 where ``|x| <= clip_value``, else 0.

    Raises:
        LayerError: ``clip_value`` is not a positive number, or ``threshold_value`` is negative.
    """

    def __init__(self, threshold_value: float = 0.05, clip_value: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(clip_value, bool):
            # Larq's second argument, by position, which as a number would be a clip at 1.
            raise LayerError(
                f"SteTern '{self.name}'",
                f"clip_value must be a number, got {clip_value!r}; Larq's ternary_weight_networks is not offered",
                "Give threshold_value instead, and clip_value by name",
            )
        if not clip_value > 0 or threshold_value < 0:
            raise LayerError(
                f"SteTern '{self.name}'",
                f"clip_value must be positive, threshold_value not negative, got {clip_value!r}, {threshold_value!r}",
                "The usual values are 1.0 and 0.05",
            )
        self.threshold_value = threshold_value
        self.clip_value = clip_value

    def call(self, inputs: Any) -> tf.Tensor:
        """Ternary values, in the shape of the inputs."""

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
            outputs = tf.sign(x) * tf.cast(tf.abs(x) > self.threshold_value, x.dtype)
            return outputs, lambda dy: tf.where(tf.abs(x) <= self.clip_value, dy, tf.zeros_like(dy))

        return op(floats(inputs))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "threshold_value": self.threshold_value, "clip_value": self.clip_value}


@keras.saving.register_keras_serializable(PACKAGE)
@named("dorefa")
class DoReFa(Quantizer):
    """Even steps of ``k_bit`` bits: activations in [0, 1], weights in [-1, 1] (`larq.quantizers.DoReFa`).

    DoReFa-Net, arXiv 1606.06160, eqs. 5 and 9.

    Args:
        k_bit: bits of an element, so there are ``2 ** k_bit`` values.
        mode: ``"activations"`` clips to [0, 1]; ``"weights"`` takes tanh and divides by its largest magnitude first.

    Raises:
        LayerError: ``k_bit`` or ``mode`` is none of these.
    """

    def __init__(self, k_bit: int = 2, mode: Literal["activations", "weights"] = "activations", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if k_bit < 1 or mode not in ("activations", "weights"):
            raise LayerError(
                f"DoReFa '{self.name}'",
                f"k_bit must be 1 or more and mode 'activations' or 'weights', got {k_bit!r} and {mode!r}",
                "The paper uses 1 bit for weights and 2 for activations",
            )
        self.precision = k_bit
        self.mode = mode

    def call(self, inputs: Any) -> tf.Tensor:
        """The values of the nearest steps, in the shape of the inputs."""
        x = floats(inputs)
        steps = tf.cast(2**self.precision - 1, x.dtype)
        if self.mode == "activations":
            return _round(tf.clip_by_value(x, 0.0, 1.0) * steps) / steps
        limited = tf.tanh(x)
        # As a constant: else the largest weight, which is divided by itself, would get a gradient of rounding errors.
        largest = tf.stop_gradient(tf.reduce_max(tf.abs(limited)))
        normed = tf.math.divide_no_nan(limited, 2 * largest) + 0.5
        return 2 * _round(normed * steps) / steps - 1

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "k_bit": self.precision, "mode": self.mode}


@keras.saving.register_keras_serializable(PACKAGE)
@named("int8")
class Int8(Quantizer):
    """Whole numbers from -127 to 127 times one scale a tensor, its largest magnitude / 127; symmetric, no zero point.

    The gradient passes unchanged: nothing is clipped. The scale is computed anew from every tensor, as for kernels;
    inputs at inference would have one that calibration fixed.
    """

    def call(self, inputs: Any) -> tf.Tensor:
        """The rounded values, in the shape of the inputs."""
        x = floats(inputs)
        scale = tf.stop_gradient(tf.reduce_max(tf.abs(x))) / 127
        return _round(tf.math.divide_no_nan(x, scale)) * scale
