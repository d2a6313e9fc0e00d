"""A design as a program: what a person would write with Keras and Larq's names, one line a layer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bnn_designer.design.document import Design
from bnn_designer.errors import BnnDesignerError, BrokenRule, DesignError
from bnn_designer.graph import Graph, Layer, lower
from bnn_designer.larq.opened import OpenedDesign
from bnn_designer.larq.program_file import TAKEN, Dialect, program_file
from bnn_designer.larq.program_layers import CALLS, Call, not_in_larq
from bnn_designer.larq.statements import Statements

_SUMMARY = "lq.models.summary({model})"
_OURS = Dialect("as BNN Designer wrote it", ("import keras",), _SUMMARY, ("import bnn_designer.larq as lq",))
_LARQS = Dialect(
    "as BNN Designer wrote it for Larq 0.14", ("import larq as lq", "from tensorflow import keras"), _SUMMARY
)


class NotInLarq(BnnDesignerError):  # noqa: N818 - what the design is
    """A design with layers that Larq has not; ``problems`` has every reason, in running order."""

    def __init__(self, design: str, problems: Sequence[BrokenRule]) -> None:
        lines = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(f"{design}: no program of Larq's builds it.{lines}")
        self.problems = tuple(problems)


def program(design: Design | OpenedDesign, for_larq: bool = False, weights: str | None = None) -> str:
    """The Python program that builds the design's network.

    It has a function ``build`` that gives the Keras model, with a layer under each name that the design's own model
    has, and prints the table of the model when it is run.

    Args:
        design: the document, or what a model was opened as.
        for_larq: for Larq 0.14 itself, on Keras 2, instead of this package's layers on Keras 3.
        weights: a file beside the program that it is to load, see :func:`bnn_designer.larq.program_file.program_file`.

    Raises:
        DesignError: the design cannot be lowered.
        NotInLarq: with ``for_larq``, where Larq has no such layers or quantizers; names each.
    """
    if isinstance(design, OpenedDesign):
        design = design.design
    graph = lower(design)
    if for_larq:
        mend = "Change that block, or write the program for this package"
        missing = ((layer.path, not_in_larq(layer.op)) for layer in graph.layers)
        problems = [DesignError(path, f"Larq does not have {what}", mend) for path, what in missing if what]
        if problems:
            raise NotInLarq(design.name, problems)
    statements = Statements(graph, lambda layer: _call(graph, layer), TAKEN)
    dialect = _LARQS if for_larq else _OURS
    if not for_larq and any(re.search(r"\bnn\.", line) for line in statements.lines):
        dialect = Dialect(dialect.made, dialect.imports, dialect.summary, (*dialect.own, "from bnn_designer import nn"))
    return program_file(graph, statements, dialect, weights=weights)


def _call(graph: Graph, layer: Layer) -> Call:
    return CALLS[type(layer.op)](layer.op, len(graph.tensors[layer.inputs[0]].shape))
