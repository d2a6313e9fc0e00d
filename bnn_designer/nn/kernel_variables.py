"""Kernels that know their quantizer: their precision, what is measured of them, and how they read in a scope."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bnn_designer.nn.context import should_quantize
from bnn_designer.nn.quantizer import Quantizer


class QuantizedVariable(keras.Variable):  # type: ignore[misc]
    """A kernel whose quantizer is known; it reads as quantized within ``quantized_scope(True)``.

    What is assigned, and what layers and optimizers take (``value``), are the latent weights always.

    Attributes:
        quantizer: a quantizer, or any function of a tensor.
        precision: bits of an element after it, or None where that is not known.
    """

    quantizer: Any
    precision: int | None

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values, quantized within the scope."""
        return np.asarray(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The values, quantized within the scope."""
        values = self.quantized(self.value).numpy() if should_quantize() else super().__array__()
        return np.asarray(values, dtype)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        """The values, quantized within the scope."""
        if not should_quantize():
            return super().__tf_tensor__(dtype=dtype, name=name)
        return tf.convert_to_tensor(self.quantized(self.value), dtype=dtype, name=name)

    def quantized(self, values: Any) -> tf.Tensor:
        """What the quantizer makes of values for this kernel; nothing is measured."""
        # Looking at a kernel is no step of a training that a metric counts.
        measured = isinstance(self.quantizer, Quantizer) and self.quantizer.measures
        return tf.convert_to_tensor((self.quantizer.call if measured else self.quantizer)(tf.convert_to_tensor(values)))


def attach(layer: keras.layers.Layer, variable: str, quantizer: str) -> None:
    """Tells a kernel of its quantizer, and makes what the quantizer measures, when the layer is built.

    Args:
        layer: that has them.
        variable: the attribute with the kernel; whatever is no variable is left alone.
        quantizer: the attribute with its quantizer; None is left alone.
    """
    tell(getattr(layer, variable), getattr(layer, quantizer))


def tell(kernel: Any, function: Any) -> None:
    """As `attach`, of a kernel and its quantizer themselves."""
    if function is None or not isinstance(kernel, keras.Variable):
        return
    if isinstance(function, Quantizer) and function.measures and function.flip_ratio is None:
        function.build(tuple(kernel.shape))
    kernel.__class__ = QuantizedVariable  # Keras makes the variable, and takes no class for it
    kernel.quantizer = function
    kernel.precision = getattr(function, "precision", None)


def latent(kernel: Any) -> Any:
    """What reads as the latent weights of a kernel in any scope; whatever else a layer multiplies stays as it is."""
    if not should_quantize() or not isinstance(kernel, QuantizedVariable):
        return kernel
    # Not ``value``, which Keras casts to the type of the computation: small weights would lose their signs in half
    # precision. There is nothing inside while Keras draws a model up of layers that are not built.
    return kernel if kernel._value is None else kernel._value
