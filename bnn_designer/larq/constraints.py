"""Constraints of weights (``larq.constraints``).

Importing :mod:`bnn_designer.larq` lets Keras' own layers take ``"weight_clip"`` too.
"""

from bnn_designer.nn.constraints import WeightClip, weight_clip

__all__ = ["WeightClip", "weight_clip"]
