"""Separable convolutions: a quantized kernel for each channel, then a quantized mixing of the channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.engine import Operands
from bnn_designer.nn.padded import PaddedLayer
from bnn_designer.nn.quantized import passed
from bnn_designer.nn.wrong_arguments import has_no_kernel_quantizer


class QuantizedSeparable(PaddedLayer):
    """What both separable convolutions share: two kernels, each with a quantizer; always in float.

    Sums of the first convolution go into the second as they are, without a quantizer between, so there are no signs
    to count. Arguments as `QuantSeparableConv2D` has them.
    """

    # Of the Keras layer it is mixed into.
    depthwise_kernel: Any
    pointwise_kernel: Any
    _kernels = (("depthwise_kernel", "depthwise_quantizer"), ("pointwise_kernel", "pointwise_quantizer"))

    def __init__(
        self, *, depthwise_quantizer: Any, pointwise_quantizer: Any, padding: str = "valid", **kwargs: Any
    ) -> None:
        has_no_kernel_quantizer(self._label(kwargs), kwargs, "depthwise_quantizer and pointwise_quantizer")
        # Keras' own separable layers have no causal padding; Larq's have.
        causal = padding == "causal" and isinstance(self, keras.layers.SeparableConv1D)
        super().__init__(padding="valid" if causal else padding, **kwargs)
        if causal:
            self.padding = padding
            self._check_causal()
        self.depthwise_quantizer = self._quantizer_of("depthwise", depthwise_quantizer)
        self.pointwise_quantizer = self._quantizer_of("pointwise", pointwise_quantizer)
        self._choice = None

    def _only_float(self) -> str | None:
        return "the sums of the depthwise convolution go into the pointwise one as they are, and are no signs"

    def _operands(self) -> Operands:
        # Asked for by the base's __init__ too, before there are quantizers.
        kernels = [getattr(self, f"{kernel}_quantizer", None) for kernel in ("depthwise", "pointwise")]
        quantized = [quantizer for quantizer in kernels if quantizer is not None]
        sign = quantizers.op_name(quantized[0]) if quantized else None
        return replace(super()._operands(), kernel_quantized=bool(quantized), kernel_sign=sign)

    def call(self, inputs: Any) -> tf.Tensor:
        """The convolutions of the quantized operands, plus bias, through the activation."""
        inputs, depthwise = self._tensors(inputs, self.depthwise_kernel)
        _, pointwise = self._tensors(inputs, self.pointwise_kernel)
        inputs, padding = self._bordered(self._quantized_input(inputs))
        outputs = keras.ops.separable_conv(
            inputs,
            self._quantized_kernel(depthwise, self.depthwise_quantizer),
            self._quantized_kernel(pointwise, self.pointwise_quantizer),
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )
        return self._finished(outputs, None)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        config = super().get_config()
        del config["kernel_quantizer"]
        return {
            **config,
            "depthwise_quantizer": quantizers.serialize(self.depthwise_quantizer),
            "pointwise_quantizer": quantizers.serialize(self.pointwise_quantizer),
        }


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantSeparableConv1D(QuantizedSeparable, keras.layers.SeparableConv1D):  # type: ignore[misc]
    """Separable convolution over time of a quantized input with quantized kernels (`larq.layers.QuantSeparableConv1D`).

    Input ``[N, T, C]``, kernels ``[k, C, m]`` and ``[1, C m, filters]``, output ``[N, T', filters]``, where ``m`` is
    ``depth_multiplier``. Computed in float always.

    Args:
        padding: ``"valid"``, ``"same"`` or ``"causal"``.
        **kwargs: as `QuantSeparableConv2D` has them, as all other arguments, an int or a tuple of one.

    Raises:
        LayerError: as `PaddedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int],
        strides: int | tuple[int] = 1,
        padding: str = "valid",
        pad_values: float = 0.0,
        data_format: str | None = None,
        dilation_rate: int | tuple[int] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        depthwise_quantizer: Any = None,
        pointwise_quantizer: Any = None,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**passed(locals()))


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantSeparableConv2D(QuantizedSeparable, keras.layers.SeparableConv2D):  # type: ignore[misc]
    """Separable 2D convolution of a quantized input with quantized kernels (`larq.layers.QuantSeparableConv2D`).

    Input ``[N, H, W, C]``, kernels ``[kh, kw, C, m]`` and ``[1, 1, C m, filters]``, output ``[N, H', W', filters]``,
    where ``m`` is ``depth_multiplier``. Computed in float always.

    Args:
        filters: output channels.
        kernel_size: taps on height and width; an int means both.
        strides: pixels between windows, equal on both axes.
        padding: ``"valid"`` or ``"same"``.
        pad_values: what "same" padding puts around the *quantized* input, any number.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: pixels between taps.
        depth_multiplier: kernels of each channel.
        activation: applied to the output.
        use_bias: whether to add a bias, in float.
        input_quantizer: see `QuantizedLayer`.
        depthwise_quantizer, pointwise_quantizer: the kernels', each as `QuantizedLayer` has its ``kernel_quantizer``.
        **kwargs: `QuantizedLayer`'s, and Keras' own. All others as Keras has them.

    Raises:
        LayerError: as `PaddedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        pad_values: float = 0.0,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        depthwise_quantizer: Any = None,
        pointwise_quantizer: Any = None,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**passed(locals()))
