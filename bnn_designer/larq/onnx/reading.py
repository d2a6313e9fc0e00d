"""From the operators of an ONNX file to the graph of layers, with their weights.

What a design cannot say is collected, operator by operator, so that one look shows all of it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from bnn_designer.errors import BrokenRule
from bnn_designer.graph import Graph, Tensor, ops
from bnn_designer.graph.graph import INPUT_NAME
from bnn_designer.larq.built import Built, ReadFile, Step, read_as
from bnn_designer.larq.onnx.call import MEND, Call, Constant, State, Value
from bnn_designer.larq.onnx.folding import FOLDED
from bnn_designer.larq.onnx.network import FileNode, Network, network_in_file
from bnn_designer.larq.onnx.operators import OPERATORS
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.reading import NotADesign

_REMAKE = "Make the file anew, with the operators in running order"
_CHANNELS_FIRST = (0, 3, 1, 2)
_FIXED = "it rounds values to a scale that is fixed, and a design's quantizers find theirs from what they read"
#: Why some kinds do not map, though a design has something like them.
_REASONS = {
    "Quant": _FIXED,
    "QuantizeLinear": _FIXED,
    "Sign": "it makes 0 of 0, and a design's sign makes 1: write BipolarQuant, or Where(x >= 0, 1, -1)",
}


def read_file(path: Path) -> ReadFile:
    """Opens an ONNX or QONNX file as a design.

    Raises:
        BnnDesignerError: there is no such file, or it is no ONNX file with its weights in it.
        NotADesign: some operators do not map; its ``problems`` name each, with the reason.
        DesignError: the operators map one by one, but no blocks have their connections.
    """
    reader = _Reader(path.stem, network_in_file(path))
    return read_as(path, reader.read(), reader.built)


class _Reader:
    def __init__(self, name: str, network: Network) -> None:
        self._name = name
        self._network = network
        self.built = Built(name)
        readers = Counter(name for node in network.nodes for name in node.inputs) + Counter(network.outputs)
        self._state = State(self.built, readers)
        #: By name of the file's tensor; None: what makes it could not be read.
        self._known: dict[str, Value | Constant | None] = {
            name: Constant(values) for name, values in network.constants.items()
        }
        self._problems: list[BrokenRule] = []

    def read(self) -> Graph:
        source = self._source()
        for number, node in enumerate(self._network.nodes):
            where = f"operator {number} ({node.kind}, '{node.name}')"
            try:
                found = self._made(node, where)
            except BrokenRule as error:
                self._problems.append(error)
                found = None
            self._known |= dict.fromkeys(node.outputs, found)
        if not self._problems:
            last = self._known.get(self._network.outputs[0])
            plain = isinstance(last, Value) and not last.signs and last.order is None and last.limits is None
            self._problems += self.built.end(last.tensor if isinstance(last, Value) and plain else None)
        if self._problems:
            raise NotADesign(self._name, self._problems)
        return self.built.graph(source)

    def _source(self) -> Tensor:
        network, where = self._network, f"model '{self._name}'"
        if len(network.inputs) != 1 or len(network.outputs) != 1:
            rule = f"it has {len(network.inputs)} inputs and {len(network.outputs)} outputs"
            raise NotADesign(self._name, [LayerError(where, rule, "Take a model from one image to its classes")])
        ((name, shape),) = network.inputs.items()
        if len(shape) not in (2, 4) or min(shape[1:], default=0) < 1 or max(shape) > 2**20:
            rule = f"its input '{name[:100]}' is not float32 of the shape (n, channels, height, width), but {shape}"
            raise NotADesign(self._name, [LayerError(where, rule, "Export the model for images of one size")])
        if len(shape) == 2:  # an image of one pixel, as a design has images
            source = Tensor(INPUT_NAME, (1, 1, shape[1]))
            self._known[name] = Value(self.built.add(Step(ops.Flatten()), (source,), where))
            return source
        last = any(
            node.kind == "Transpose" and node.attributes.get("perm") == _CHANNELS_FIRST
            for node in network.nodes
            if name in node.inputs
        )
        source = Tensor(INPUT_NAME, shape[1:] if last else (*shape[2:], shape[1]))
        self._known[name] = Value(source, last=last)
        return source

    def _made(self, node: FileNode, where: str) -> Value | Constant | None:
        if node.kind == "Constant":
            return self._constant(node, where)
        if not node.outputs or (len(node.outputs) > 1 and any(node.outputs[1:])):
            raise LayerError(where, f"it has {len(node.outputs)} outputs", MEND)
        read: list[Value | Constant | None] = []
        for name in node.inputs:
            if name and name not in self._known:
                raise LayerError(where, f"it reads '{name[:100]}', which nothing before it makes", _REMAKE)
            if name and self._known[name] is None:  # what is before it is in the list already
                return None
            read.append(self._known[name] if name else None)
        call = Call(where, node, tuple(read), self._state)
        if all(one is None or isinstance(one, Constant) for one in read):
            call.must(bool(read) and node.kind in FOLDED, "it reads constants alone, or nothing")
            with np.errstate(all="ignore"):
                return FOLDED[node.kind](call)
        if node.kind not in OPERATORS:
            raise LayerError(where, _REASONS.get(node.kind, "no block of a design computes that"), MEND)
        with np.errstate(all="ignore"):
            return OPERATORS[node.kind](call)

    def _constant(self, node: FileNode, where: str) -> Constant:
        value = node.attributes.get("value")
        if isinstance(value, np.ndarray):
            return Constant(value)
        for name in ("value_float", "value_int", "value_ints"):
            if name in node.attributes:
                return Constant(np.asarray(node.attributes[name]))
        raise LayerError(where, "it has no number", MEND)
