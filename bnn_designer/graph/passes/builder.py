"""Operators while they may still change: appended in order, and folded into the one before where the rules allow."""

from __future__ import annotations

from dataclasses import dataclass, field

from bnn_designer.graph.graph import Graph, Layer
from bnn_designer.graph.passes.program import Constant, Operator, Unsupported, Value

#: A batch norm behind these becomes part of their weights and bias.
FOLDS_BATCH_NORM = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
#: A ReLU behind these is computed by them.
FUSES_RELU = FOLDS_BATCH_NORM | {"ADD", "MUL", "MAX_POOL_2D", "AVERAGE_POOL_2D"}


@dataclass(slots=True)
class Node:
    """An operator that is being built; see :class:`Operator` for the fields.

    ``constants`` maps roles to constants, in the order of the operator's inputs. ``scaled`` is True once a batch norm,
    a bias or a scale has given a binary convolution factors of its own. ``packs`` says whether its sums at the edges
    are those of signs, so that thresholds are all it needs.
    """

    name: str
    kind: str
    path: str
    block_id: str
    layers: list[str]
    inputs: list[str]
    output: Value
    constants: dict[str, Constant] = field(default_factory=dict)
    mac_factors: tuple[tuple[str, int], ...] = ()
    im2col: Value | None = None
    activation: str = ""
    scaled: bool = False
    packs: bool = False

    def freeze(self) -> Operator:
        return Operator(
            self.name,
            self.kind,
            self.path,
            self.block_id,
            tuple(self.layers),
            tuple(self.inputs),
            tuple(self.constants.values()),
            self.output,
            self.mac_factors,
            self.im2col,
            self.activation,
        )


class Builder:
    """The nodes so far, and which value each of the graph's tensors has become."""

    def __init__(self, graph: Graph, dense_as_conv: bool, default_kernel: bool) -> None:
        self.graph, self.dense_as_conv, self.default_kernel = graph, dense_as_conv, default_kernel
        self.input = Value(graph.input.name, graph.input.shape)
        self.nodes: dict[str, Node] = {}  # by the name of the value it makes
        self.values: dict[str, Value] = {self.input.name: self.input}
        self.stands_for: dict[str, str] = {self.input.name: self.input.name}  # a graph's tensor: a value
        self.shared: set[str] = set()  # tensors that are another one, which has readers of its own
        self.unsupported: list[Unsupported] = []
        self.layer: Layer

    def value(self, index: int = 0) -> Value:
        """The value that the layer's input has become."""
        return self.values[self.stands_for[self.layer.inputs[index]]]

    def maker(self) -> Node | None:
        """The node behind the layer's only input, if nothing but the layer reads it; else None."""
        name = self.layer.inputs[0]
        alone = len(self.graph.users[name]) == 1 and name not in self.shared
        return self.nodes.get(self.stands_for[name]) if alone else None

    def add(
        self,
        kind: str,
        inputs: list[Value],
        output: Value,
        *,
        constants: dict[str, Constant] | None = None,
        mac_factors: tuple[tuple[str, int], ...] = (),
        im2col: Value | None = None,
    ) -> Node:
        """A node of the layer at hand; a value whose name ends the layer's own stands for its tensor."""
        layer = self.layer
        names = [value.name for value in inputs]
        node = Node(output.name, kind, layer.path, layer.block_id, [layer.name], names, output, constants or {})
        node.mac_factors, node.im2col = mac_factors, im2col
        self.nodes[output.name] = node
        self.values[output.name] = output
        return node

    def finish(self, value: Value) -> None:
        """The layer's tensor is this value."""
        self.stands_for[self.layer.name] = value.name

    def make(
        self,
        kind: str,
        inputs: list[Value],
        shape: tuple[int, ...] | None = None,
        constants: dict[str, Constant] | None = None,
    ) -> None:
        """The operator whose output is the layer's tensor, in the layer's shape if no other is given."""
        output = Value(self.layer.name, self.layer.output.shape if shape is None else shape)
        self.add(kind, inputs, output, constants=constants)
        self.finish(output)

    def pass_on(self) -> None:
        """The layer's tensor is its input."""
        (source,) = self.layer.inputs
        self.stands_for[self.layer.name] = self.stands_for[source]
        if len(self.graph.users[source]) > 1 or source in self.shared:
            self.shared.add(self.layer.name)

    def fold(self, node: Node) -> None:
        """The layer is part of a node before it."""
        node.layers.append(self.layer.name)
        self.stands_for[self.layer.name] = node.output.name

    def part(self, name: str) -> str:
        return f"{self.layer.name}.{name}"

    def refuse(self, reason: str, unknown: bool = False) -> None:
        self.unsupported.append(Unsupported(self.layer.path, self.layer.name, reason, unknown))

    def signs(self, source: Value) -> Value:
        """The signs of a value in bits: one operator, however many layers ask for them."""
        output = Value(f"{source.name}.sign", source.shape, bits=1)
        if output.name not in self.values:
            self.add("LceQuantize", [source], output)
        return output

    def floats(self, signs: Value) -> Value:
        """Signs as -1.0 and +1.0, for operators that know no bits."""
        output = Value(f"{signs.name}.float", signs.shape)
        if output.name not in self.values:
            self.add("LceDequantize", [signs], output)
        return output

    def reshape(self, source: Value, shape: tuple[int, ...], name: str) -> Value:
        """The value in another shape, of which the file holds the sizes."""
        output = Value(name, shape)
        self.add("RESHAPE", [source], output, constants={"shape": shape_constant(1, *shape)})
        return output


def shape_constant(*sizes: int) -> Constant:
    return Constant("shape", (len(sizes),), shared=f"shape {sizes}")


def zeros(count: int) -> Constant:
    """A bias of a layer that has none, where the operator must have one."""
    return Constant("bias", (count,), shared="zeros")


def ones(count: int) -> Constant:
    return Constant("multiplier", (count,), shared="ones")
