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
        quantized: whether it has a quantizer; without one it stays in float.
        bits: of an element, as its quantizer says; None where it says nothing, or there is none.
        signs: whether every value is exactly -1 or +1.
        reads_back: whether the quantizer changes nothing of what is stored, so that a model which is read from the file
            computes to the last digit what this one computes. Signs do; steps of ``DoReFa`` from 4 bits on do not, and
            a scale that is a mean of magnitudes may come back rounded.
    """

    quantized: bool
    bits: int | None
    signs: bool
    reads_back: bool


def stored_kernels(model: keras.Model) -> dict[str, StoredKernel]:
    """Each kernel of a model, by its variable's path, as a file has it that is saved within ``quantized_scope(True)``.

    A kernel is a weight with two axes or more, of a layer of ours or of Keras. Which ones stay in float, such as that
    of a first layer: ``[path for path, kernel in stored_kernels(model).items() if not kernel.quantized]``. Biases and
    batch norms stay in float always and are not here.

    Args:
        model: that is built.
    """
    return {weight.path: _stored(weight) for weight in model.weights if len(weight.shape) > 1}


def _stored(weight: keras.Variable) -> StoredKernel:
    values = tf.convert_to_tensor(latent(weight))
    if not isinstance(weight, QuantizedVariable):
        return StoredKernel(False, None, _only_signs(values), reads_back=True)
    stored = weight.quantized(values)
    same = np.array_equal(weight.quantized(stored), stored)
    return StoredKernel(True, weight.precision, _only_signs(stored), reads_back=same)


def _only_signs(values: Any) -> bool:
    return bool(np.all(np.abs(values) == 1))
