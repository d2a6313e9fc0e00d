"""The depthwise convolution of quantized operands, and the fixed kernel of a blur."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.engine import Engine
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layers import PAD_VALUES
from bnn_designer.nn.padding import pad_same
from bnn_designer.nn.quantized import QuantizedLayer


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantDepthwiseConv2D(QuantizedLayer, keras.layers.DepthwiseConv2D):  # type: ignore[misc]
    """Convolution of each quantized channel with a quantized kernel of its own (`larq.layers.QuantDepthwiseConv2D`).

    Input ``[N, H, W, C]``, kernel ``[kh, kw, C, 1]``, output ``[N, H', W', C]``. Computed in float always: the compiled
    op has no depthwise convolution.

    Args:
        kernel_size: taps on height and width; an int means both.
        strides: pixels between windows, equal on both axes.
        padding: ``"valid"`` or ``"same"``.
        pad_values: what "same" padding puts around the *quantized* input: 0.0 or 1.0.
        dilation_rate: pixels between taps.
        use_bias: whether to add a bias, in float.
        input_quantizer: None, a name such as ``"ste_sign"``, or a quantizer.
        depthwise_quantizer: the same for the kernel.
        depthwise_constraint: ``"weight_clip"``, a Keras constraint, or None.
        engine: as the other layers have it; see `engine_used`.
        **kwargs: initializers, regularizers, ``name``, ``dtype`` as Keras has them.

    Raises:
        LayerError: an argument is wrong, or (when built) the input does not fit.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        pad_values: float = 0.0,
        dilation_rate: int | tuple[int, int] = (1, 1),
        use_bias: bool = True,
        input_quantizer: Any = None,
        depthwise_quantizer: Any = None,
        *,
        depthwise_constraint: Any = None,
        engine: Engine = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            dilation_rate=dilation_rate,
            use_bias=use_bias,
            input_quantizer=input_quantizer,
            kernel_quantizer=depthwise_quantizer,
            kernel_constraint=depthwise_constraint,
            engine=engine,
            **kwargs,
        )
        self.depthwise_constraint = self.kernel_constraint
        if self.data_format != "channels_last" or pad_values not in PAD_VALUES:
            raise LayerError(
                self._where,
                f"data_format must be 'channels_last' and pad_values 0.0 or 1.0, got {self.data_format!r} and "
                f"{pad_values!r}",
                "Change that argument",
            )
        self.pad_values = float(pad_values)

    def call(self, inputs: Any) -> tf.Tensor:
        """The convolution of the quantized operands, plus bias, through the activation."""
        inputs, kernel, scale = self._quantize(
            keras.ops.convert_to_tensor(inputs), keras.ops.convert_to_tensor(self.kernel)
        )
        padding = self.padding
        if padding == "same" and self.pad_values != 0.0:
            inputs = pad_same(
                inputs,
                self.pad_values,
                kernel_size=self.kernel_size,
                strides=self.strides,
                dilation=self.dilation_rate,
            )
            padding = "valid"
        outputs = keras.ops.depthwise_conv(
            inputs, kernel, strides=self.strides, padding=padding, dilation_rate=self.dilation_rate
        )
        if scale is not None:
            outputs = outputs * scale
        if self.bias is not None:
            outputs = keras.ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        config = {**super().get_config(), "pad_values": self.pad_values}
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
