"""ONNX files of a few operators, as other tools would write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bnn_designer.export.onnx.protobuf import Graph, Value, _data, _number, _text

_QONNX = frozenset({"BipolarQuant", "Quant", "MultiThreshold"})


class File:
    """A file while it is written; its input is called "image"."""

    def __init__(self, shape: Sequence[int]) -> None:
        self._graph, self._shape = Graph(), shape

    def node(self, kind: str, inputs: Sequence[Any], output: str, **attributes: Value) -> None:
        """An operator; what is no name is a constant of floats, or of whole numbers where it is a list of int64."""
        names = [one if isinstance(one, str) else self._graph.constant(_array(one, kind)) for one in inputs]
        domain = "qonnx.custom_op.general" if kind in _QONNX else ""
        self._graph.node(kind, names, output, domain, attributes)

    def external(self, name: str) -> None:
        """A constant whose numbers are elsewhere."""
        self._graph.initializers.append(
            _number(1, 3) + _number(2, 1) + _text(8, name) + _number(14, 1) + _data(13, b"")
        )

    def model(self, output: str, shape: Sequence[int]) -> bytes:
        operators = {"": 17, "qonnx.custom_op.general": 1}
        return self._graph.model("drawn", ("another tool", "1"), ("image", self._shape), (output, shape), operators)


def _array(numbers: Any, kind: str) -> Any:
    found = np.asarray(numbers)
    return found.astype(np.int64 if kind == "Reshape" else np.float32)
