"""What a file that is saved within ``quantized_scope(True)`` holds of each kernel, before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bnn_designer.nn.kernel_variables import QuantizedVariable, latent


@dataclass(frozen=True)
class StoredKernel:
    """One kernel in such a file.

    Attributes:
        bits: of an element, as its quantizer says; None: the kernel has no quantizer and stays in float.
        signs: whether every value is exactly -1 or +1.
        reads_back: whether the quantizer changes nothing of what is stored, so that a model which is read from the file
            computes to the last digit what this one computes. Signs do; steps of ``DoReFa`` from 4 bits on do not, and
            a scale that is a mean of magnitudes may come back rounded.
    """

    bits: int | None
    signs: bool
    reads_back: bool


def stored_kernels(model: keras.Model) -> dict[str, StoredKernel]:
    """Each kernel of a model, by its variable's path, as a file has it that is saved within ``quantized_scope(True)``.

    A kernel is a weight with two axes or more, of a layer of ours or of Keras. Those of which ``bits`` is None are the
    ones that stay in float, such as that of a first layer: ``[path for path, kernel in stored_kernels(model).items() if
    kernel.bits is None]``. Biases and batch norms stay in float always and are not here.

    Args:
        model: that is built.
    """
    return {weight.path: _stored(weight) for weight in model.weights if len(weight.shape) > 1}


def _stored(weight: keras.Variable) -> StoredKernel:
    values = tf.convert_to_tensor(latent(weight))
    if not isinstance(weight, QuantizedVariable):
        return StoredKernel(None, _only_signs(values), True)
    stored = weight.quantized(values)
    return StoredKernel(weight.precision, _only_signs(stored), np.array_equal(weight.quantized(stored), stored))


def _only_signs(values: Any) -> bool:
    return bool(np.all(np.abs(values) == 1))
