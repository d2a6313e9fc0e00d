"""A design as a program of plain Keras, with kernels that are quantized: to run it, not to train it."""

from __future__ import annotations

import re

from bnn_designer.graph import Graph
from bnn_designer.larq.plain_layers import HELPERS, plain_call
from bnn_designer.larq.program_file import TAKEN, Dialect, program_file
from bnn_designer.larq.statements import Statements

_MADE = "as BNN Designer wrote it for plain Keras 3"
_SUMMARY = "{model}.summary()"


def plain_program(graph: Graph, weights: str) -> str:
    """The Python program that builds a graph's network with Keras alone.

    Inputs are quantized by small functions in the program, and the kernels in the file of weights are quantized. Signs
    times magnitudes are signs there, with the magnitudes in a layer of their own behind, ``conv_1.scale``.

    Args:
        graph: any.
        weights: the file beside the program, see :func:`bnn_designer.larq.program_file.program_file`.
    """
    statements = Statements(
        graph,
        lambda layer: plain_call(layer, graph.tensors[layer.inputs[0]].shape),
        (*TAKEN, *HELPERS),
    )
    used = [text for name, text in HELPERS.items() if any(re.search(rf"\b{name}\(", line) for line in statements.lines)]
    imports = ("import keras", *["from keras import ops"] * any("ops." in text for text in used))
    return program_file(graph, statements, Dialect(_MADE, imports, _SUMMARY), used, weights)
