"""Larq's names on Keras 3: ``import bnn_designer.larq as lq`` in the place of ``import larq as lq``.

Every name is spelt as in Larq 0.14, takes the same arguments with the same defaults, and gives the same numbers. What
computes is in :mod:`bnn_designer.nn`; this room gives it Larq's spelling, and says where the two differ.
"""

from bnn_designer.larq import designs, layers, models

__all__ = ["designs", "layers", "models"]
