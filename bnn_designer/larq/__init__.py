"""Larq's names on Keras 3: ``import bnn_designer.larq as lq`` in the place of ``import larq as lq``.

Every name is spelt as in Larq 0.14, takes the same arguments with the same defaults, and gives the same numbers. What
computes is in :mod:`bnn_designer.nn`; this room gives it Larq's spelling, and says where the two differ.
"""

from bnn_designer.larq import (
    activations,
    callbacks,
    constraints,
    context,
    designs,
    layers,
    layers_base,
    math,
    metrics,
    models,
    optimizers,
    quantized_variable,
    quantizers,
    utils,
)
from bnn_designer.larq.names_in_keras import tell_keras

tell_keras()

__all__ = [
    "activations",
    "callbacks",
    "constraints",
    "context",
    "designs",
    "layers",
    "layers_base",
    "math",
    "metrics",
    "models",
    "optimizers",
    "quantized_variable",
    "quantizers",
    "utils",
]
