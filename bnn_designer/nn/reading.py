"""From a Keras model to the graph of layers: the inverse of :mod:`bnn_designer.nn.model`.

What a design cannot say is collected, layer by layer, so that one look shows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras

from bnn_designer.errors import BnnDesignerError, BrokenRule
from bnn_designer.graph import Graph, Layer, Tensor, ops
from bnn_designer.graph.graph import INPUT_NAME
from bnn_designer.graph.shapes import output_shape
from bnn_designer.nn.depthwise import Binomial
from bnn_designer.nn.describing import described_quantizer
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.quantizers import Quantizer
from bnn_designer.nn.read_layers import Steps, steps_of


class NotADesign(BnnDesignerError):  # noqa: N818 - what the model is
    """A model that no design can say; ``problems`` has every reason, in running order."""

    def __init__(self, model: str, problems: Sequence[BrokenRule]) -> None:
        lines = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(f"{model}: no design has these layers.{lines}")
        self.problems = tuple(problems)


def misplaced_softmaxes(layers: Sequence[Layer]) -> list[LayerError]:
    """Of layers in running order: a softmax belongs at the end."""
    inside = (layer for layer in layers[:-1] if isinstance(layer.op, ops.Softmax))
    return [LayerError(layer.path, "a softmax ends a design", "Take it out") for layer in inside]


def leading_to_the_end(layers: Sequence[Layer], notes: list[str]) -> tuple[Layer, ...]:
    """The layers that lead to the last one; a note for each that does not, as some outputs may lead nowhere."""
    needed = {layers[-1].name}
    for layer in reversed(layers):
        if layer.name in needed:
            needed.update(layer.inputs)
        else:
            notes.append(f"{layer.path}: nothing reads it, so the design leaves it out")
    return tuple(layer for layer in layers if layer.name in needed)


@dataclass(frozen=True)
class ReadModel:
    """A model as a graph.

    Attributes:
        graph: its layers, under their names.
        notes: what the graph says otherwise than the model, or leaves out.
        adds_softmax: whether the last layer is a softmax that the model does not have, and a design does.
    """

    graph: Graph
    notes: tuple[str, ...]
    adds_softmax: bool

    @property
    def own_graph(self) -> Graph:
        """What the model itself computes."""
        return replace(self.graph, layers=self.graph.layers[:-1]) if self.adds_softmax else self.graph


def read_model(model: keras.Model) -> ReadModel:
    """The graph of a functional or sequential model; of models inside it the layers.

    Raises:
        NotADesign: it has layers, inputs or connections that no graph has.
    """
    return _Reader(model).read()


@dataclass(frozen=True)
class _Value:
    """A tensor of the model: of the graph, and what a layer of its own quantizes it to."""

    tensor: Tensor
    quantizer: Any = None


class _Reader:
    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._layers: list[Layer] = []
        self._names = {INPUT_NAME}
        self._seen: set[int] = set()
        self.problems: list[BrokenRule] = []
        self.notes: list[str] = []

    def read(self) -> ReadModel:
        """See :func:`read_model`."""
        source = Tensor(INPUT_NAME, self._input_shape())
        (value, *others) = self._run(self._model, [_Value(source)], "")
        if others:
            self._problem("it has several outputs", "Give the model one output, the classes")
        if value is None or self.problems:
            raise NotADesign(self._model.name, self.problems)
        adds_softmax = self._end(value)
        if self.problems:
            raise NotADesign(self._model.name, self.problems)
        graph = Graph(
            self._model.name, source, leading_to_the_end(self._layers, self.notes), self._layers[-1].output.shape[-1]
        )
        return ReadModel(graph, tuple(self.notes), adds_softmax)

    def _input_shape(self) -> tuple[int, ...]:
        inputs = getattr(self._model, "inputs", None) or []
        if not inputs:
            self._problem(
                "its layers are called by code of its own", "Make it of keras.Input and keras.Model, or Sequential"
            )
        elif len(inputs) > 1:
            self._problem(f"it has {len(inputs)} inputs", "Give the model one input, the image")
        elif len(inputs[0].shape) == 3:
            shape = f"(1, {', '.join(str(size) for size in inputs[0].shape[1:])})"
            self._problem(
                f"its input has the shape {tuple(inputs[0].shape)}, and a design has images",
                f"Give a series as images of height 1: keras.Input({shape})",
            )
        elif len(inputs[0].shape) != 4 or None in inputs[0].shape[1:]:
            self._problem(
                f"its input has the shape {tuple(inputs[0].shape)}", "Give it images of one height, width and depth"
            )
        if self.problems:
            if inputs:  # what the layers are by themselves can still be said
                self._run(self._model, [None] * len(inputs), "")
            raise NotADesign(self._model.name, self.problems)
        return tuple(inputs[0].shape[1:])

    def _end(self, value: _Value) -> bool:
        """A design ends in a softmax over a vector; whether one was added for that."""
        added = False
        if value.quantizer is not None or len(value.tensor.shape) != 1:
            self._problem("its output is no vector of class scores", "End it in a dense layer or a global pool")
        elif not self._layers or not isinstance(self._layers[-1].op, ops.Softmax):
            self._add("softmax", ops.Softmax(), (value,))
            added = True
            self.notes.append(f"{self._model.name}: it ends in scores; the design adds the softmax that a head has")
        self.problems += misplaced_softmaxes(self._layers)
        return added

    def _problem(self, rule: str, mend: str) -> None:
        self.problems.append(LayerError(f"model '{self._model.name}'", rule, mend))

    def _run(self, model: keras.Model, values: list[_Value | None], path: str) -> list[_Value | None]:
        """The outputs of a model for these inputs; None where something before it could not be read."""
        if isinstance(model, keras.Sequential):
            for layer in model.layers:
                values = self._call(layer, values, path)
            return values
        nodes = getattr(model, "_nodes_by_depth", None)
        if nodes is None:
            where = f"model '{path.rstrip('/') or model.name}'"
            rule = "its layers are called by code of its own"
            self.problems.append(LayerError(where, rule, "Make it of keras.Input and keras.Model, or Sequential"))
            return [None]
        known: dict[int, _Value | None] = {
            id(tensor): value for tensor, value in zip(model.inputs, values, strict=True)
        }
        for node in _running(nodes):
            inputs = [known.get(id(tensor)) for tensor in node.arguments.keras_tensors]
            # Several outputs of what is not read: the one None stands for all.
            known |= dict(zip(map(id, node.outputs), self._call(node.operation, inputs, path), strict=False))
        return [known.get(id(tensor)) for tensor in model.outputs]

    def _call(self, layer: Any, values: list[_Value | None], path: str) -> list[_Value | None]:
        """The one output of a layer, or all of a model inside; None where it, or what is before it, is not read."""
        if id(layer) in self._seen and getattr(layer, "weights", None):
            rule = "it runs more than once with one set of weights, and each block of a design has its own"
            self.problems.append(LayerError(f"{path}{layer.name}", rule, "Make a layer for each place"))
            return [None]
        self._seen.add(id(layer))
        if isinstance(layer, keras.Model):
            return self._run(layer, values, f"{path}{layer.name}/")
        return [self._of_layer(layer, values, path)]

    def _of_layer(self, layer: Any, values: list[_Value | None], path: str) -> _Value | None:
        read = [value for value in values if value is not None]
        if len(read) < len(values):
            # Something before it is in the list already; what this layer is by itself can still be said.
            self._steps(layer, len(layer.output.shape) - 1 if hasattr(layer, "output") else 3, path)
            return None
        if isinstance(layer, Quantizer):
            return self._quantized(layer, read[0], path)
        steps = self._steps(layer, len(read[0].tensor.shape), path)
        if steps == [("", ops.Add())] and len(read) < 2:
            rule = "it adds a constant, and a design adds what two of its blocks make"
            self.problems.append(LayerError(f"{path}{layer.name}", rule, "Take it out, or let a layer's bias do it"))
            return None
        return None if steps is None else self._apply(layer, steps, tuple(read), path)

    def _quantized(self, layer: Any, value: _Value, path: str) -> _Value | None:
        if value.quantizer is not None:
            rule = f"it quantizes what {value.quantizer.name}, another quantizer, makes"
            self.problems.append(LayerError(f"{path}{layer.name}", rule, "Keep one of them"))
            return None
        return replace(value, quantizer=layer)

    def _steps(self, layer: Any, rank: int, path: str) -> Steps | None:
        try:
            return [] if isinstance(layer, Quantizer) else steps_of(layer, rank)
        except BrokenRule as error:
            where = f"{path}{layer.name}"
            named = error.path if layer.name in error.path else f"{where}, {error.path}"
            self.problems.append(LayerError(named, error.rule, error.mend))
            return None

    def _apply(self, layer: Any, steps: Steps, values: tuple[_Value, ...], path: str) -> _Value | None:
        self.notes += _left_out(layer, f"{path}{layer.name}")
        for number, (part, op) in enumerate(steps):
            name = f"{path}{layer.name}.{part}" if part and number else f"{path}{layer.name}"
            try:
                value = self._add(name, self._signed(op, values, name), values)
            except BrokenRule as error:
                self.problems.append(LayerError(error.path, error.rule, error.mend))
                return None
            values = (value,)
        return values[0]

    def _signed(self, op: ops.Op, values: tuple[_Value, ...], name: str) -> ops.Op:
        """The operation with the quantizer that a layer before it is."""
        quantizers = [value.quantizer for value in values if value.quantizer is not None]
        if not quantizers:
            return op
        if not isinstance(op, ops.QuantizedOp) or op.input_quantizer is not None:
            rule = f"it reads what {quantizers[0].name}, a quantizer as a layer of its own, makes"
            raise LayerError(name, rule, "Give the quantizer to a convolution or dense layer as its input_quantizer")
        return replace(op, input_quantizer=described_quantizer(quantizers[0], "input"))

    def _add(self, name: str, op: ops.Op, values: tuple[_Value, ...]) -> _Value:
        free, number = name, 1
        while free in self._names:
            free, number = f"{name}_{number}", number + 1
        self._names.add(free)
        shape = output_shape(op, tuple(value.tensor.shape for value in values), name)
        tensor = Tensor(free, shape)
        self._layers.append(Layer(free, op, tuple(value.tensor.name for value in values), tensor, name, free))
        return _Value(tensor)


def _running(nodes: dict[int, list[Any]]) -> Iterator[Any]:
    """The nodes of a functional model in running order, without those of its inputs."""
    for depth in sorted(nodes, reverse=True):
        yield from (node for node in nodes[depth] if not node.is_input)


def _left_out(layer: Any, where: str) -> Iterator[str]:
    """What concerns training only, which a recipe has, if anything."""
    for attribute, value in sorted(vars(layer).items()):
        if value is not None and (attribute.endswith("_regularizer") or attribute == "bias_constraint"):
            yield f"{where}: a design leaves {attribute} out"
    policy = getattr(layer, "dtype_policy", None)
    if policy is not None and policy.name != "float32":
        yield f"{where}: a design computes in float32, not in {policy.name}"
    if getattr(layer, "weights", None) and not layer.trainable and not isinstance(_initializer(layer), Binomial):
        yield f"{where}: it is not trained, and in a design it is"


def _initializer(layer: Any) -> Any:
    return getattr(layer, "depthwise_initializer", None)
