"""Quantizers of more than one bit: ternary, DoReFa's steps, and 8 bits.

All are simulated in float: the forward pass gives the rounded values, the gradient is that of a clipped identity.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any, Literal

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.flip_ratio import PACKAGE
from bnn_designer.nn.quantizer import Quantizer, floats, known_as, named
from bnn_designer.nn.signs import check_clip_value, clipped, is_number

#: The share of the mean magnitude that Ternary Weight Networks take for a threshold (arXiv 1605.04711).
MEAN_SHARE = 0.7


def _in_steps(x: tf.Tensor, steps: int) -> tf.Tensor:
    """The nearest multiples of ``1 / steps``, halves to even ones; the gradient passes unchanged."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return tf.round(x * steps) / steps, lambda dy: dy

    return op(x)


@keras.saving.register_keras_serializable(PACKAGE)  # type: ignore[untyped-decorator]
def ste_tern(
    x: Any, threshold_value: float = 0.05, ternary_weight_networks: bool = False, clip_value: float | None = 1.0
) -> tf.Tensor:
    """The sign of ``x`` where ``|x|`` reaches the threshold, else 0; the gradient of a clipped identity.

    Args:
        x: tensor of floats or whole numbers, of any shape.
        threshold_value: the threshold. With 0, zeros alone stay 0.
        ternary_weight_networks: takes 0.7 times the mean magnitude of ``x`` instead, as arXiv 1605.04711 does.
        clip_value: where the gradient ends; None never clips it.

    Returns:
        Tensor of -1, 0 and +1, shape and type of ``x`` (floats of whole numbers).
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def op(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        magnitude = tf.abs(x)
        if ternary_weight_networks:
            threshold = MEAN_SHARE * tf.reduce_sum(magnitude) / tf.cast(tf.size(x), x.dtype)
        else:
            threshold = tf.cast(threshold_value, x.dtype)
        outputs = tf.where(magnitude < threshold, tf.zeros_like(x), tf.sign(x))
        if ternary_weight_networks:  # one NaN makes the threshold NaN, and so everything
            outputs = tf.where(tf.math.is_nan(threshold), threshold, outputs)
        return outputs, lambda dy: clipped(x, dy, clip_value)

    return op(floats(x))


@keras.saving.register_keras_serializable(PACKAGE)
@named("ste_tern")
class SteTern(Quantizer):
    """-1, 0 or +1: zero where ``|x|`` is below a threshold; 2 bits (`larq.quantizers.SteTern`), see `ste_tern`.

    Ternary Weight Networks, arXiv 1605.04711.

    Args:
        threshold_value: the smallest magnitude that does not become zero.
        ternary_weight_networks: computes the threshold from each tensor instead, 0.7 times its mean magnitude.
        clip_value: the gradient is 1 where ``|x| <= clip_value``, else 0; None never clips it.
        **kwargs: as `Quantizer` has them.

    Raises:
        LayerError: ``clip_value`` is not a positive number, ``threshold_value`` is negative, or
            ``ternary_weight_networks`` neither True nor False.
    """

    def __init__(
        self,
        threshold_value: float = 0.05,
        ternary_weight_networks: bool = False,
        clip_value: float | None = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        where = f"SteTern '{self.name}'"
        check_clip_value(where, clip_value)
        if not isinstance(ternary_weight_networks, bool):
            raise LayerError(
                where,
                f"ternary_weight_networks must be True or False, got {ternary_weight_networks!r}",
                "It is the second argument; give clip_value by name",
            )
        if not (is_number(threshold_value) and threshold_value >= 0):
            raise LayerError(
                where,
                f"threshold_value must be a number that is not negative, got {threshold_value!r}",
                "The usual value is 0.05",
            )
        self.threshold_value = threshold_value
        self.ternary_weight_networks = ternary_weight_networks
        self.clip_value = clip_value

    def call(self, inputs: Any) -> tf.Tensor:
        """Ternary values, in the shape of the inputs."""
        return ste_tern(inputs, self.threshold_value, self.ternary_weight_networks, self.clip_value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {
            **super().get_config(),
            "threshold_value": self.threshold_value,
            "ternary_weight_networks": self.ternary_weight_networks,
            "clip_value": self.clip_value,
        }


@keras.saving.register_keras_serializable(PACKAGE)
@known_as("dorefa_quantizer", "DoReFaQuantizer")
@named("dorefa")
class DoReFa(Quantizer):
    """Even steps of ``k_bit`` bits: activations in [0, 1], weights in [-1, 1] (`larq.quantizers.DoReFa`).

    DoReFa-Net, arXiv 1606.06160, eqs. 5 and 9.

    Args:
        k_bit: bits of an element, so there are ``2 ** k_bit`` values.
        mode: ``"activations"`` clips to [0, 1]; ``"weights"`` takes tanh and divides by its largest magnitude first.
        **kwargs: as `Quantizer` has them.

    Raises:
        LayerError: ``k_bit`` or ``mode`` is none of these.
    """

    def __init__(self, k_bit: int = 2, mode: Literal["activations", "weights"] = "activations", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.precision: int = k_bit
        self.mode = mode
        self._check()

    def _check(self) -> None:
        whole = isinstance(self.precision, Integral) and not isinstance(self.precision, bool)
        if not whole or self.precision < 1 or self.mode not in ("activations", "weights"):
            raise LayerError(
                f"DoReFa '{self.name}'",
                f"k_bit must be a whole number of 1 or more and mode 'activations' or 'weights', "
                f"got {self.precision!r}, {self.mode!r}",
                "The paper uses 1 bit for weights and 2 for activations",
            )

    def call(self, inputs: Any) -> tf.Tensor:
        """The values of the nearest steps, in the shape of the inputs."""
        self._check()  # the mode is an attribute that can be set
        x = floats(inputs)
        steps = 2**self.precision - 1
        if self.mode == "activations":
            return _in_steps(tf.clip_by_value(x, 0.0, 1.0), steps)
        return 2 * _in_steps(self.weight_preprocess(x), steps) - 1

    def weight_preprocess(self, inputs: Any) -> tf.Tensor:
        """What is rounded of weights: their tanh, stretched so that the largest magnitude becomes 0 or 1 (eq. 9)."""
        limited = tf.tanh(floats(inputs))
        # As a constant: else the largest weight, which is divided by itself, would get a gradient of rounding errors.
        largest = tf.stop_gradient(tf.reduce_max(tf.abs(limited)))
        return tf.math.divide_no_nan(limited, 2 * largest) + 0.5

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "k_bit": self.precision, "mode": self.mode}


@keras.saving.register_keras_serializable(PACKAGE)
@named("int8")
class Int8(Quantizer):
    """Whole numbers from -127 to 127 times one scale a tensor, its largest magnitude / 127; symmetric, no zero point.

    The gradient passes unchanged: nothing is clipped. The scale is computed anew from every tensor, as for kernels;
    the inputs of a packed network have one that training images fixed (packing/calibration.py).
    """

    def call(self, inputs: Any) -> tf.Tensor:
        """The rounded values, in the shape of the inputs."""
        x = floats(inputs)
        scale = tf.stop_gradient(tf.reduce_max(tf.abs(x))) / 127
        return _in_steps(tf.math.divide_no_nan(x, scale), 1) * scale
