"""Keras 3 layers, quantizers and constraints of binarized networks, and graph to ``keras.Model``.

Importing this imports TensorFlow and registers every class with Keras (package ``bnn_designer``), so that
``keras.saving.load_model`` finds them.
"""

import keras

from bnn_designer.errors import BnnDesignerError

if keras.config.backend() != "tensorflow":
    raise BnnDesignerError(
        f"bnn_designer.nn: Keras runs on the backend '{keras.config.backend()}', and the layers need TensorFlow. "
        "Set KERAS_BACKEND=tensorflow in the environment before Python starts."
    )

from bnn_designer.nn.constraints import WeightClip, weight_clip
from bnn_designer.nn.engine import EngineChoice, EngineWarning
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layers import QuantConv2D, QuantDense
from bnn_designer.nn.model import build_model, engines
from bnn_designer.nn.quantizers import ApproxSign, SteSign, approx_sign, ste_sign

__all__ = [
    "ApproxSign",
    "EngineChoice",
    "EngineWarning",
    "LayerError",
    "QuantConv2D",
    "QuantDense",
    "SteSign",
    "WeightClip",
    "approx_sign",
    "build_model",
    "engines",
    "ste_sign",
    "weight_clip",
]
