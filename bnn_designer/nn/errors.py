"""The one error of this room: a layer, quantizer or constraint that was asked for something it cannot be."""

from __future__ import annotations

from bnn_designer.errors import BnnDesignerError


class LayerError(BnnDesignerError, ValueError):
    """A wrong argument of a layer; also a ``ValueError``, which is what Keras users catch.

    Args:
        where: the layer, quantizer or constraint, for example ``QuantConv2D 'conv_2'``.
        rule: the rule that was broken, with the offending value.
        mend: what the user can do about it.
    """

    def __init__(self, where: str, rule: str, mend: str) -> None:
        super().__init__(f"{where}: {rule.rstrip('.')}. {mend.rstrip('.')}.")
        self.where = where
        self.rule = rule
        self.mend = mend
