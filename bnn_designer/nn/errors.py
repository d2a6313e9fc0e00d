"""The one error of this room: a layer, quantizer or constraint that was asked for something it cannot be."""

from __future__ import annotations

from bnn_designer.errors import BrokenRule


class LayerError(BrokenRule, ValueError):
    """A wrong argument of a layer; also a ``ValueError``, which is what Keras users catch.

    ``path`` is the layer, quantizer or constraint, for example ``QuantConv2D 'conv_2'``.
    """
