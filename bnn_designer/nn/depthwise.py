"""The depthwise convolution of quantized operands, and the fixed kernel of a blur."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.padded import PaddedLayer
from bnn_designer.nn.quantized import passed
from bnn_designer.nn.wrong_arguments import has_no_kernel_quantizer


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantDepthwiseConv2D(PaddedLayer, keras.layers.DepthwiseConv2D):  # type: ignore[misc]
    """Convolution of each quantized channel with a quantized kernel of its own (`larq.layers.QuantDepthwiseConv2D`).

    Input ``[N, H, W, C]``, kernel ``[kh, kw, C, m]``, output ``[N, H', W', C m]``, where ``m`` is ``depth_multiplier``
    and channel ``c`` with its kernel ``j`` makes the output's channel ``c m + j``. Computed in float always, whatever
    ``engine`` asks for: a compiled op that read floats and counted bits was timed no faster than TensorFlow's float
    one, 0.55 ms against 0.47 for 64 channels of 56 x 56 pixels (benchmarks/NOTES.md), as there are only the taps of
    one channel to count.

    Args:
        kernel_size: taps on height and width; an int means both.
        strides: pixels between windows, equal on both axes.
        padding: ``"valid"`` or ``"same"``.
        pad_values: what "same" padding puts around the *quantized* input, any number.
        depth_multiplier: kernels of each channel.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: pixels between taps.
        activation: applied to the output.
        use_bias: whether to add a bias, in float.
        input_quantizer: see `QuantizedLayer`.
        depthwise_quantizer: its ``kernel_quantizer``.
        **kwargs: `QuantizedLayer`'s, and Keras' own. All others as Keras has them.

    Raises:
        LayerError: an argument is wrong, or (when built) the input does not fit.
    """

    _kernel_argument = "depthwise"

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        pad_values: float = 0.0,
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        depthwise_quantizer: Any = None,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = passed(locals())
        has_no_kernel_quantizer(self._label(kwargs), kwargs, "depthwise_quantizer")
        super().__init__(kernel_quantizer=arguments.pop("depthwise_quantizer"), **arguments)

    @property
    def depthwise_quantizer(self) -> Any:
        """The kernel's quantizer under Larq's name."""
        return self.kernel_quantizer

    @property
    def kernel_constraint(self) -> Any:
        """The kernel's constraint under the name that other layers have for it."""
        return self.depthwise_constraint

    def _only_float(self) -> str | None:
        return (
            "the compiled op has no depthwise convolution: in bits one was timed no faster than TensorFlow's in float"
        )

    def call(self, inputs: Any) -> tf.Tensor:
        """The convolution of the quantized operands, plus bias, through the activation."""
        inputs, kernel, scale = self._quantize(*self._tensors(inputs, self.kernel))
        inputs, padding = self._bordered(inputs)
        outputs = keras.ops.depthwise_conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )
        if scale is not None and scale.shape.rank:
            # A number for each of a channel's kernels, which are beside each other in the output.
            scale = tf.tile(scale, [kernel.shape[2]])
        return self._finished(outputs, scale)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        config = super().get_config()
        config["depthwise_quantizer"] = config.pop("kernel_quantizer")
        return config


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class Binomial(keras.initializers.Initializer):  # type: ignore[misc]
    """Depthwise kernels ``[k, k, C, 1]`` that blur: products of binomial coefficients, their sum 1.

    Zhang, "Making Convolutional Networks Shift-Invariant Again", arXiv 1904.11486, section 3.2.
    """

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """The kernel; the same for each channel."""
        rows, columns = ([math.comb(size - 1, i) for i in range(size)] for size in shape[:2])
        kernel = np.outer(rows, columns) / (sum(rows) * sum(columns))
        return keras.ops.convert_to_tensor(np.broadcast_to(kernel[:, :, None, None], shape), dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """There are no arguments."""
        return {}
