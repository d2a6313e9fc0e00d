"""Transposed convolutions of quantized operands; over two axes in bits where that is asked for.

The output at ``i s + k - p`` gets input ``i`` times tap ``k``, for strides ``s`` and a cropped border ``p``. So the
outputs whose ``o + p`` leaves the remainder ``r`` see the taps ``r, r + s, ...`` only, and those of one remainder are a
plain convolution of the input, in zeros, with these taps turned round: ``s`` times ``s`` small binary convolutions,
whose outputs are then put between each other (Shi et al., "Is the deconvolution layer the same as a convolutional
layer?", arXiv 1609.07009).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.engine import EngineChoice
from bnn_designer.nn.quantized import QuantizedLayer, passed
from bnn_designer.nn.scaled_signs import ScaledSign
from bnn_designer.nn.zero_border import convolve_in_zeros


class QuantizedTransposed(QuantizedLayer):
    """What transposed convolutions share; arguments as `QuantConv2DTranspose` has them."""

    # Of the Keras layer it is mixed into.
    rank: int
    filters: int
    strides: tuple[int, ...]
    padding: str
    output_padding: tuple[int, ...] | None
    dilation_rate: tuple[int, ...]
    data_format: str
    compute_output_shape: Callable[[Any], Any]

    def _only_float(self) -> str | None:
        if self.rank == 3:
            return "the compiled op has no convolution over three axes"
        if self.output_padding is not None or self._dilated:
            return "a transposed convolution with output_padding or dilation_rate is not lowered to the compiled op"
        if isinstance(self.kernel_quantizer, ScaledSign):
            return "the kernel's last axis is that of the input, and a scale of each cannot be taken out of the product"
        return None

    def _faster_products(self) -> EngineChoice:
        return EngineChoice("float", "transposed in bits was not found faster; engine='xnor' asks for it")

    def _window_and_channels(self) -> tuple[tuple[int, ...], int]:
        *window, _, channels = self.kernel.shape
        return tuple(-(-taps // stride) for taps, stride in zip(window, self.strides, strict=True)), channels

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """The transposed convolution of the quantized operands, plus bias, through the activation."""
        inputs, kernel = self._tensors(inputs, self.kernel)
        if self._computes_in_bits():
            inputs, kernel, _ = self._op_operands(inputs, kernel)
            return self._finished(self._binary_product(inputs, kernel, training), None)
        outputs = keras.ops.conv_transpose(
            self._quantized_input(inputs),
            self._quantized_kernel(kernel, self.kernel_quantizer),
            strides=list(self.strides),
            padding=self.padding,
            output_padding=self.output_padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )
        return self._finished(outputs, None)

    def _binary_product(self, inputs: tf.Tensor, kernel: tf.Tensor, training: bool | None) -> tf.Tensor:
        """Of ``[N, H, W, C]`` and ``[kh, kw, filters, C]``, by remainders of the output's row and column."""
        from bnn_designer.kernels import ops

        (down, across), size = self.strides, tf.shape(inputs)
        input_ste, kernel_ste = self._op_gradients()
        convolve = partial(
            ops.binary_conv2d, input_ste=input_ste, kernel_ste=kernel_ste, **self._op_precision(training)
        )
        signs = quantizers.class_of(kernel_ste)()(kernel)
        spans = [self._span(axis) for axis in range(2)]
        # Places of a remainder on each axis, so many that they cover what is kept.
        places = [size[axis + 1] + span.extra for axis, span in enumerate(spans)]
        rows = []
        for row in range(down):
            columns = []
            for column in range(across):
                taps = (slice(row, None, down), slice(column, None, across))
                height, width = kernel[taps].shape[:2]
                if not height or not width:
                    columns.append(tf.zeros(tf.stack([size[0], *places, self.filters]), inputs.dtype))
                    continue
                borders = ((height - 1, spans[0].extra), (width - 1, spans[1].extra))
                columns.append(
                    convolve_in_zeros(convolve, inputs, _turned(kernel[taps]), _turned(signs[taps]), borders=borders)
                )
            rows.append(tf.stack(columns, axis=3))
        between = tf.stack(rows, axis=2)  # [N, places, down, places, across, filters]
        full = tf.reshape(between, tf.stack([size[0], places[0] * down, places[1] * across, self.filters]))
        ends = [span.crop + span.length(size[axis + 1]) for axis, span in enumerate(spans)]
        outputs = full[:, spans[0].crop : ends[0], spans[1].crop : ends[1]]
        return tf.ensure_shape(outputs, self.compute_output_shape(inputs.shape))

    def _span(self, axis: int) -> _Span:
        kernel, stride = self.kernel_size[axis], self.strides[axis]
        if self.padding == "valid":
            return _Span(stride=stride, last=max(kernel, stride), crop=0)
        return _Span(stride=stride, last=stride, crop=max(kernel - stride, 0) // 2)


@dataclass(frozen=True)
class _Span:
    """Of one axis: what becomes of each input on it.

    Attributes:
        stride: outputs between inputs.
        last: outputs from the first of the last input on.
        crop: outputs before the first that is kept.
    """

    stride: int
    last: int
    crop: int

    @property
    def extra(self) -> int:
        """Places of each remainder beyond the inputs."""
        return -(-(self.last + self.crop) // self.stride) - 1

    def length(self, inputs: Any) -> Any:
        """Outputs of so many inputs, an int or a tensor."""
        return (inputs - 1) * self.stride + self.last


def _turned(kernel: tf.Tensor) -> tf.Tensor:
    """``[kh, kw, filters, C]`` with its taps in reverse, as ``[kh, kw, C, filters]``."""
    return tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantConv2DTranspose(QuantizedTransposed, keras.layers.Conv2DTranspose):  # type: ignore[misc]
    """Transposed 2D convolution of a quantized input with a quantized kernel (`larq.layers.QuantConv2DTranspose`).

    Input ``[N, H, W, C]``, kernel ``[kh, kw, filters, C]``, output ``[N, H', W', filters]``. In bits with
    ``engine="xnor"``; ``"auto"`` computes in float.

    Args:
        filters: output channels.
        kernel_size: taps on height and width; an int means both.
        strides: output pixels between inputs.
        padding: ``"valid"`` or ``"same"``.
        output_padding: output pixels added after the last; None: as many as Keras adds.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: pixels between taps.
        activation: applied to the output.
        use_bias: whether to add a bias, in float.
        input_quantizer, kernel_quantizer: as `QuantizedLayer` has them.
        **kwargs: `QuantizedLayer`'s, and Keras' own. All others as Keras has them.

    Raises:
        LayerError, tf.errors.InvalidArgumentError: as `QuantizedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        output_padding: int | tuple[int, int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        kernel_quantizer: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**passed(locals()))


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantConv3DTranspose(QuantizedTransposed, keras.layers.Conv3DTranspose):  # type: ignore[misc]
    """Transposed 3D convolution of a quantized input with a quantized kernel (`larq.layers.QuantConv3DTranspose`).

    Input ``[N, D, H, W, C]``, kernel ``[kd, kh, kw, filters, C]``, output ``[N, D', H', W', filters]``. Computed in
    float always.

    Args:
        **kwargs: as `QuantConv2DTranspose` has them, as all other arguments, an int or a tuple of three.

    Raises:
        LayerError: as `QuantizedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int, int],
        strides: int | tuple[int, int, int] = (1, 1, 1),
        padding: str = "valid",
        output_padding: int | tuple[int, int, int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int, int] = (1, 1, 1),
        activation: Any = None,
        use_bias: bool = True,
        input_quantizer: Any = None,
        kernel_quantizer: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**passed(locals()))
