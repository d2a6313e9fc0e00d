"""A design that was read out of a Keras model."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.design.document import Design


@dataclass(frozen=True)
class OpenedDesign:
    """A design that a model was opened as.

    Attributes:
        design: its blocks have the layers' names where these can be ids.
        notes: what the design says otherwise than the model, or leaves out.
    """

    design: Design
    notes: tuple[str, ...]
