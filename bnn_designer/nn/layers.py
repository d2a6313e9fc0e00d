"""Quantized Keras layers: names, arguments and meanings as Larq users know them, on Keras 3.

The kernel that is trained (the latent weights) stays in float. The forward pass multiplies the quantized input with
the quantized kernel, either in float (``engine="float"``) or, where both are signs, with XNOR and popcount
(``engine="xnor"``). Both engines give the same outputs to the bit (sums of fewer than 2^24 terms of +-1 are exact in
float32) and the same gradients to float rounding.

NaN: in float it passes through to the output; the XNOR op has no bit for it and raises
``tf.errors.InvalidArgumentError`` instead.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import quantizers
from bnn_designer.nn.convolution import QuantizedConvolution
from bnn_designer.nn.quantized import QuantizedLayer, passed


@keras.saving.register_keras_serializable(quantizers.PACKAGE)
class QuantConv1D(QuantizedConvolution, keras.layers.Conv1D):  # type: ignore[misc]
    """Convolution over time of a quantized input with a quantized kernel (``larq.layers.QuantConv1D``).

    Input ``[N, T, C]``, kernel ``[k, C, filters]``, output ``[N, T', filters]``.

    Args:
        padding: ``"valid"``, ``"same"``, or ``"causal"``: zeros before the first step, so that none sees a later one.
        **kwargs: `QuantizedLayer`'s ``engine``, ``gradients`` and ``check_nan``, and Keras' own. All other arguments
            as `QuantConv2D` has them, an int or a tuple of one.

    Raises:
        LayerError, tf.errors.InvalidArgumentError: as `PaddedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int],
        strides: int | tuple[int] = 1,
        padding: str = "valid",
        pad_values: float = 0.0,
        data_format: str | None = "channels_last",
        dilation_rate: int | tuple[int] = 1,
        groups: int = 1,
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
class QuantConv2D(QuantizedConvolution, keras.layers.Conv2D):  # type: ignore[misc]
    """2D convolution of a quantized input with a quantized kernel (``larq.layers.QuantConv2D``).

    Input ``[N, H, W, C]``, kernel ``[kh, kw, C, filters]``, output ``[N, H', W', filters]``.

    Args:
        filters: output channels.
        kernel_size: taps on height and width; an int means both.
        strides: pixels between windows.
        padding: ``"valid"`` or ``"same"``.
        pad_values: what "same" padding puts around the *quantized* input: 0 or any other number; -1 and 1 are one bit.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: pixels between taps.
        groups: groups the channels are split into.
        activation: applied to the output.
        use_bias: whether to add a bias, in float.
        input_quantizer, kernel_quantizer: as `QuantizedLayer` has them.
        kernel_constraint: ``"weight_clip"``, a Keras constraint, or None; binary kernels want ``"weight_clip"``.
        **kwargs: `QuantizedLayer`'s ``engine``, ``gradients`` and ``check_nan``, and Keras' own. All others as Keras
            has them.

    Raises:
        LayerError, tf.errors.InvalidArgumentError: as `PaddedLayer` says.
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
        groups: int = 1,
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
class QuantConv3D(QuantizedConvolution, keras.layers.Conv3D):  # type: ignore[misc]
    """3D convolution of a quantized input with a quantized kernel (``larq.layers.QuantConv3D``).

    Input ``[N, D, H, W, C]``, kernel ``[kd, kh, kw, C, filters]``, output ``[N, D', H', W', filters]``. Computed in
    float always: the compiled op has no convolution over three axes.

    Args:
        **kwargs: as `QuantConv2D` has them, as all other arguments, an int or a tuple of three.

    Raises:
        LayerError: as `PaddedLayer` says.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int, int],
        strides: int | tuple[int, int, int] = (1, 1, 1),
        padding: str = "valid",
        pad_values: float = 0.0,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int, int] = (1, 1, 1),
        groups: int = 1,
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
class QuantDense(QuantizedLayer, keras.layers.Dense):  # type: ignore[misc]
    """Product of a quantized input with a quantized kernel (``larq.layers.QuantDense``).

    Input ``[N, ..., K]``, kernel ``[K, units]``, output ``[N, ..., units]``.

    Args:
        units: output features.
        **kwargs: as `QuantConv2D` has them, as all other arguments.

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
