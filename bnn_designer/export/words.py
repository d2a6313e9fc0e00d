"""What the READMEs of several targets say: what a network is, where its weights are from, and what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

import bnn_designer
from bnn_designer.design.quantization import Quantizer
from bnn_designer.export.arrays import Arrays, FloatArray
from bnn_designer.graph import Graph
from bnn_designer.graph.ops import QuantizedOp
from bnn_designer.targets import Verdict
from bnn_designer.units import counted, shape_text


def opening(graph: Graph, what: str, weights: str) -> str:
    """The title, who made it, and what goes in and comes out, as Markdown.

    Args:
        graph: of the network.
        what: the end of the title, such as "as programs of Keras".
        weights: where they are from; "" for untrained ones.
    """
    from_where = f"Its weights are from {plain_text(weights)}." if weights else _UNTRAINED
    return (
        f"# {plain_text(graph.name)} {what}\n\nMade by BNN Designer {bnn_designer.__version__}. {from_where}\n\n"
        f"It takes images of {shape_text(graph.input.shape)} as float32, scaled as in training (byte / 127.5 - 1), and "
        f"gives {counted(graph.classes, 'score')} each."
    )


def weights_table(graph: Graph, arrays: Arrays) -> str:
    """A row for each array: its name, its shape, and which values it has."""
    quantizers = {
        f"{one.name}/kernel": one.op.kernel_quantizer for one in graph.layers if isinstance(one.op, QuantizedOp)
    }
    rows = [
        f"| `{name}` | {shape_text(array.shape)} | {_values(array, quantizers.get(name))} |"
        for name, array in arrays.items()
    ]
    return "\n".join(["| name | shape | values |", "|---|---|---|", *rows])


def _values(array: FloatArray, quantizer: Quantizer | None) -> str:
    if quantizer is None:
        return "float"
    values = np.unique(array)
    if (np.abs(values) == 1).all():
        return "-1, +1"
    return "-s, +s, where s is a magnitude of the filter" if quantizer.facts.scales else f"{len(values)} steps"


def verdict_table(verdicts: Mapping[str, Verdict]) -> str:
    """A row for each block: what it runs in, and why."""
    rows = [f"| {plain_text(path)} | {one.state} | {one.reason} |" for path, one in verdicts.items()]
    return "\n".join(["| block | runs in | why |", "|---|---|---|", *rows])


def plain_text(text: str) -> str:
    """A text of somebody's as it may stand in Markdown: on one line, and nothing in it that marks."""
    return re.sub(r"[^\w .,:()+/-]", "_", text).strip() or "A binarized network"


_UNTRAINED = "It is **untrained**: its weights are random, and its classes mean nothing."
