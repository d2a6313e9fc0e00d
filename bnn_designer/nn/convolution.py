"""The convolution of quantized operands over one, two or three axes, in bits where the compiled op has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.padded import PaddedLayer
from bnn_designer.nn.padding import pad_same
from bnn_designer.nn.zero_border import convolve_in_zeros


class QuantizedConvolution(PaddedLayer):
    """What `QuantConv1D`, `QuantConv2D` and `QuantConv3D` share; arguments as `PaddedLayer` has them.

    One axis is computed as an image of height 1.
    """

    # Of the Keras layer it is mixed into.
    rank: int
    groups: int

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """The convolution of the quantized operands, plus bias, through the activation."""
        return self._finished(self._convolution(inputs, self.kernel, training), None)

    def convolution_op(self, inputs: Any, kernel: Any) -> tf.Tensor:
        """The convolution of the quantized operands, bias and activation not included."""
        return self._convolution(inputs, kernel, None)

    def _only_float(self) -> str | None:
        return "the compiled op has no convolution over three axes" if self.rank == 3 else super()._only_float()

    def _convolution(self, inputs: Any, kernel: Any, training: bool | None) -> tf.Tensor:
        inputs, kernel = self._tensors(inputs, kernel)
        if self._computes_in_bits():
            inputs, kernel, scale = self._op_operands(inputs, kernel)
            if self.rank == 1:
                inputs, kernel = inputs[:, None], kernel[None]
            convolve = partial(self._binary_convolution, **self._op_precision(training))
            outputs = self._by_groups(convolve, inputs, kernel)
            if self.rank == 1:
                outputs = outputs[:, 0]
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
        axis = -1 if self._channels_last else 1
        parts = zip(tf.split(inputs, self.groups, axis), tf.split(kernel, self.groups, -1), strict=True)
        return tf.concat([convolve(channels, filters) for channels, filters in parts], axis)

    def _binary_convolution(self, inputs: tf.Tensor, kernel: tf.Tensor, **precision: Any) -> tf.Tensor:
        from bnn_designer.kernels import ops

        strides, dilation = _pair(self.strides), _pair(self.dilation_rate)
        input_ste, kernel_ste = self._op_gradients()
        convolve: Callable[..., tf.Tensor] = partial(
            ops.binary_conv2d,
            strides=strides,
            dilations=dilation,
            input_ste=input_ste,
            kernel_ste=kernel_ste,
            **precision,
        )
        if self.padding == "causal":
            return convolve_in_zeros(
                convolve,
                inputs,
                kernel,
                quantizers.class_of(kernel_ste)()(kernel),
                borders=((0, 0), ((self.kernel_size[0] - 1) * self.dilation_rate[0], 0)),
                strides=strides,
                dilation=dilation,
            )
        if self.padding == "same" and self.pad_values == -1:
            size = _pair(self.kernel_size)
            inputs = pad_same(inputs, -1, kernel_size=size, strides=strides, dilation=dilation)
            return convolve(inputs, kernel)
        return convolve(inputs, kernel, padding=self.padding, pad_values=self.pad_values)

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


def _pair(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Of height and width: one axis is the width."""
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
