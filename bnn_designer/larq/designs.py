"""From code to design and back: a Keras model opens as a design, and a design writes itself as a program."""

from __future__ import annotations

import keras

from bnn_designer.graph.lifting import lift
from bnn_designer.larq.deployed import deployed, keras_model
from bnn_designer.larq.opened import OpenedDesign
from bnn_designer.larq.program import NotInLarq, program
from bnn_designer.nn.reading import NotADesign, read_model

__all__ = ["NotADesign", "NotInLarq", "OpenedDesign", "deployed", "design_of", "program"]


def design_of(model: keras.Model) -> OpenedDesign:
    """The design that has a model's layers.

    Args:
        model: functional or sequential, of one image input and one output; models inside it are opened.

    Raises:
        NotADesign: some layers do not map; its ``problems`` name each, with the reason and what would map.
        DesignError: the layers map one by one, but no blocks have their connections.
        TypeError: it is no Keras model.
    """
    read = read_model(keras_model("lq.designs.design_of", model))
    return OpenedDesign(lift(read.graph), read.notes)
