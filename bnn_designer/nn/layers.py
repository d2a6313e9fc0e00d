"""Quantized Keras layers: names, arguments and meanings as Larq users know them, on Keras 3.

The kernel that is trained (the latent weights) stays in float. The forward pass multiplies the quantized input with
the quantized kernel, either in float (``engine="float"``) or, where both are signs, with XNOR and popcount
(``engine="xnor"``). Both engines give the same outputs to the bit (sums of fewer than 2^24 terms of +-1 are exact in
float32) and the same gradients to float rounding.

NaN: in float it passes through to the output; the XNOR op has no bit for it and raises
``tf.errors.InvalidArgumentError`` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.quantized import QuantizedConvolution, QuantizedLayer


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantConv2D(QuantizedConvolution, keras.layers.Conv2D):  # type: ignore[misc]
    """2D convolution of a quantized input with a quantized kernel (``larq.layers.QuantConv2D``).

    Input ``[N, H, W, C]``, kernel ``[kh, kw, C, filters]``, output ``[N, H', W', filters]``.

    Args:
        filters: output channels.
        kernel_size: taps on height and width; an int means both.
        strides: pixels between windows.
        padding: ``"valid"`` or ``"same"``.
        pad_values: what "same" padding puts around the *quantized* input: 0, or 1, which one bit can hold.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: pixels between taps.
        groups: groups the channels are split into.
        activation: applied to the output.
        use_bias: whether to add a bias, in float.
        input_quantizer, kernel_quantizer: as `QuantizedLayer` has them.
        **kwargs: its ``kernel_constraint``, ``engine`` and ``gradients``; all others as Keras has them.

    Raises:
        LayerError, tf.errors.InvalidArgumentError: as `QuantizedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        pad_values: int = 0,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        kernel_quantizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            pad_values=pad_values,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            input_quantizer=input_quantizer,
            kernel_quantizer=kernel_quantizer,
            **kwargs,
        )

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """The convolution of the quantized operands, plus bias, through the activation."""
        return self._finished(self._convolution(inputs, self.kernel, training), None)

    def convolution_op(self, inputs: Any, kernel: Any) -> tf.Tensor:
        """The convolution of the quantized operands, bias and activation not included."""
        return self._convolution(inputs, kernel, None)

    def _convolution(self, inputs: Any, kernel: Any, training: bool | None) -> tf.Tensor:
        inputs, kernel = self._tensors(inputs, kernel)
        if self._computes_in_bits():
            inputs, kernel, scale = self._op_operands(inputs, kernel)
            convolve = partial(self._binary_convolution, **self._op_precision(training))
            outputs = self._by_groups(convolve, inputs, kernel)
        else:
            inputs, kernel, scale = self._quantize(inputs, kernel)
            outputs = self._by_groups(self._float_convolution, inputs, kernel)
        return outputs if scale is None else outputs * self._along_channels(scale)

    def _by_groups(
        self, convolve: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], inputs: tf.Tensor, kernel: tf.Tensor
    ) -> tf.Tensor:
        """Group by group: TensorFlow has no gradients of grouped convolutions on the CPU."""
        if self.groups == 1:
            return convolve(inputs, kernel)
        axis = 3 if self._channels_last else 1
        parts = zip(tf.split(inputs, self.groups, axis), tf.split(kernel, self.groups, 3), strict=True)
        return tf.concat([convolve(channels, filters) for channels, filters in parts], axis)

    def _binary_convolution(self, inputs: tf.Tensor, kernel: tf.Tensor, **precision: Any) -> tf.Tensor:
        from bnn_designer.kernels import ops

        input_ste, kernel_ste = self._op_gradients()
        return ops.binary_conv2d(
            inputs,
            kernel,
            strides=self.strides,
            dilations=self.dilation_rate,
            padding=self.padding,
            pad_values=self.pad_values,
            input_ste=input_ste,
            kernel_ste=kernel_ste,
            **precision,
        )

    def _float_convolution(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        inputs, padding = self._bordered(inputs)
        return keras.ops.conv(
            inputs,
            kernel,
            strides=list(self.strides),
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantDense(QuantizedLayer, keras.layers.Dense):  # type: ignore[misc]
    """Product of a quantized input with a quantized kernel (``larq.layers.QuantDense``).

    Input ``[N, ..., K]``, kernel ``[K, units]``, output ``[N, ..., units]``.

    Args:
        units: output features.
        activation, use_bias, input_quantizer, kernel_quantizer, **kwargs: as `QuantConv2D` has them.

    Raises:
        LayerError, tf.errors.InvalidArgumentError: as `QuantizedLayer` says.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        kernel_quantizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units=units,
            activation=activation,
            use_bias=use_bias,
            input_quantizer=input_quantizer,
            kernel_quantizer=kernel_quantizer,
            **kwargs,
        )

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """The product of the quantized operands, plus bias, through the activation."""
        inputs, kernel = self._tensors(inputs, self.kernel)
        if self._computes_in_bits():
            inputs, kernel, scale = self._op_operands(inputs, kernel)
            outputs = self._binary_product(inputs, kernel, training)
        else:
            inputs, kernel, scale = self._quantize(inputs, kernel)
            outputs = keras.ops.matmul(inputs, kernel)
        return self._finished(outputs, scale)

    def _binary_product(self, inputs: tf.Tensor, kernel: tf.Tensor, training: bool | None) -> tf.Tensor:
        from bnn_designer.kernels import ops

        rank = inputs.shape.rank
        rows = inputs if rank == 2 else tf.reshape(inputs, [-1, kernel.shape[0]])
        input_ste, kernel_ste = self._op_gradients()
        precision = self._op_precision(training)
        product = ops.binary_matmul(rows, kernel, input_ste=input_ste, kernel_ste=kernel_ste, **precision)
        if rank == 2:
            return product
        outputs = tf.reshape(product, tf.concat([tf.shape(inputs)[:-1], [self.units]], axis=0))
        return tf.ensure_shape(outputs, [*inputs.shape[:-1], self.units])
