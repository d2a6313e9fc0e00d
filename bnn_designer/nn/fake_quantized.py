"""Layers of 8 bits as a converter to TensorFlow Lite takes them: floats between operations that say their steps.

The converter makes an operator of whole numbers of a product whose inputs, weights and outputs each come from a
FakeQuantWithMinMax operation; which whole numbers these are follows from the ranges given to it. Source: Jacob et al.,
arXiv 1712.05877, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

FloatArray = npt.NDArray[np.float32]

#: Of weights and inputs, which have no zero point.
_LARGEST = 127
#: Added to what is read as floats. No number that is not 0 changes by it, and the converter, which makes whole numbers
#: of what follows an operator of whole numbers as far as it can, softmax and average pools included, stops there.
_TINY = 1e-30


@dataclass(frozen=True)
class WholeProduct:
    """A convolution or dense layer of whole numbers, with all that is folded into it.

    Attributes:
        layers: that it computes; the product is the first, and nothing else reads the others but the last.
        kernel: whole numbers ``[kh, kw, channels, filters]``; of a dense layer ``kh`` and ``kw`` are 1.
        input_step: what a step of the inputs is worth, -127 to 127 of them.
        kernel_steps: the same of each filter's weights, ``[filters]``.
        bias: whole numbers ``[filters]``, in steps of a filter's sums.
        output_step, zero_point: of the outputs, -128 to 127.
        only_signs: whether only signs are read of the outputs.
        strides, dilation, padding: of a convolution, as Keras has them.
        ones: lines and columns of ones around the image, ``((top, bottom), (left, right))``.
    """

    layers: tuple[str, ...]
    kernel: npt.NDArray[np.int8]
    input_step: float
    kernel_steps: FloatArray
    bias: npt.NDArray[np.int64]
    output_step: float
    zero_point: int
    only_signs: bool
    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: str = "valid"
    ones: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))


class FakeQuantProduct(keras.layers.Layer):  # type: ignore[misc]
    """That product on images ``[N, h, w, channels]``, in floats; for export alone: it has no weights to train.

    Args:
        product: what it computes.
        name: of the layer.
    """

    def __init__(self, product: WholeProduct, name: str) -> None:
        super().__init__(name=name)
        self.product = product

    def call(self, inputs: Any) -> Any:
        """Multiples of the output's step."""
        one = self.product
        limit, limits = _LARGEST * one.input_step, _LARGEST * one.kernel_steps
        quantize = tf.quantization.fake_quant_with_min_max_args
        by_filter = tf.quantization.fake_quant_with_min_max_vars_per_channel
        framed = tf.pad(inputs, ((0, 0), *one.ones, (0, 0)), constant_values=1.0) if np.any(one.ones) else inputs
        whole = quantize(framed, -limit, limit, narrow_range=True)
        kernel = by_filter(tf.constant(one.kernel * one.kernel_steps), -limits, limits, narrow_range=True)
        sums = tf.nn.conv2d(whole, kernel, one.strides, one.padding.upper(), dilations=one.dilation)
        bias = (one.bias * (one.kernel_steps.astype(np.float64) * one.input_step)).astype(np.float32)
        low, high = ((end - one.zero_point) * one.output_step for end in (-128, 127))
        outputs = quantize(sums + tf.constant(bias), low, high)
        return outputs if one.only_signs else outputs + _TINY
