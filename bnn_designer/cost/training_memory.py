"""The memory that training takes: weights, gradients, optimizer, and what the forward pass keeps for the backward one.

What this project's own engine keeps: Keras 3 on TensorFlow, everything in float32, no recomputation, Adam. A layer's
gradient needs some of its inputs and outputs; TensorFlow holds these from the forward to the backward pass. A tensor
that several layers need is held once. Working memory of single operations, the images waiting in the input pipeline and
TensorFlow itself come on top, so the figure is what the tensors need and not what the process takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from bnn_designer.cost.formula import Formula, Term, formula, total
from bnn_designer.graph import ops
from bnn_designer.graph.graph import Graph, Layer
from bnn_designer.graph.passes.program import FLOAT_BYTES

SOURCE = "Keras 3 on TensorFlow, float32, Adam: first and second moment of every trained weight"
ADAM_SLOTS = 2


@dataclass(frozen=True)
class Weights:
    """The numbers of one layer: those that are trained, and those that batch norms keep beside."""

    trained: int
    statistics: int = 0


@dataclass(frozen=True)
class Kept:
    """A tensor that is held for the backward pass.

    Attributes:
        name: the layer that makes it, or ``input``; ".sign" or ".padded" behind it for what a layer makes of its input.
        elements: of one image.
        needed_by: the layers whose gradients need it.
    """

    name: str
    elements: int
    needed_by: tuple[str, ...]


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes by what they are for, for one batch size.

    Attributes:
        weights: of each layer that has any, by its name.
        kept: what the forward pass leaves for the backward one.
        batch_size: images a step.
    """

    weights: dict[str, Weights]
    kept: tuple[Kept, ...]
    batch_size: int

    @cached_property
    def trained(self) -> int:
        """How many numbers are trained; the latent weights of binary layers are floats too."""
        return sum(one.trained for one in self.weights.values())

    @cached_property
    def statistics(self) -> int:
        return sum(one.statistics for one in self.weights.values())

    @property
    def weight_bytes(self) -> int:
        """Latent weights, in float32."""
        return cast(int, _bytes(self.trained))

    @property
    def gradient_bytes(self) -> int:
        return cast(int, _bytes(self.trained))

    @property
    def optimizer_bytes(self) -> int:
        return cast(int, _bytes(self.trained) * ADAM_SLOTS)

    @property
    def statistics_bytes(self) -> int:
        """Moving means and variances of the batch norms."""
        return cast(int, _bytes(self.statistics))

    @cached_property
    def kept_elements(self) -> int:
        return sum(one.elements for one in self.kept)

    @property
    def activation_bytes(self) -> int:
        return cast(int, _bytes(self.kept_elements) * self.batch_size)

    @property
    def total_bytes(self) -> int:
        parts = (self.weight_bytes, self.gradient_bytes, self.optimizer_bytes, self.statistics_bytes)
        return sum(parts) + self.activation_bytes

    def at(self, batch_size: int) -> TrainingMemory:
        """The same design with another batch size."""
        return TrainingMemory(self.weights, self.kept, batch_size)

    def formulas(self) -> dict[str, Formula]:
        """Every part, opened, under its name in :meth:`to_data`."""
        trained, batch = Term("trained numbers", self.trained), Term("images a step", self.batch_size)
        kept = total(Term(one.name, one.elements) for one in self.kept)
        parts = {
            "weight_bytes": _bytes(trained),
            "gradient_bytes": _bytes(trained),
            "optimizer_bytes": _bytes(trained) * ADAM_SLOTS,
            "statistics_bytes": _bytes(Term("moving means and variances", self.statistics)),
            "activation_bytes": _bytes(kept) * batch,
        }
        found = {name: formula(name, term, "bytes", SOURCE) for name, term in parts.items()}
        everything = total(Term(name, part.value) for name, part in found.items())
        return found | {"total_bytes": formula("total_bytes", everything, "bytes", SOURCE)}

    def to_data(self) -> dict[str, Any]:
        """The parts as ``cost --json`` prints them under ``training_memory``."""
        return {
            "batch_size": self.batch_size,
            "weight_bytes": self.weight_bytes,
            "gradient_bytes": self.gradient_bytes,
            "optimizer_bytes": self.optimizer_bytes,
            "statistics_bytes": self.statistics_bytes,
            "activation_bytes": self.activation_bytes,
            "total_bytes": self.total_bytes,
        }


def training_memory(graph: Graph, batch_size: int = 50, engine: str = "xnor") -> TrainingMemory:
    """What training a graph takes.

    Args:
        graph: as lowered.
        batch_size: images a step.
        engine: ``xnor``: the compiled op computes signs anew for the gradient; ``float``: they are kept as tensors.

    Raises:
        ValueError: the batch size is below 1, or the engine is neither.
        KeyError: an operation that this module has no rule for; a test holds it to all of them.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it is at least 1")
    if engine not in ("xnor", "float"):
        raise ValueError(f"engine is {engine!r}; it is either 'xnor' or 'float'")
    weights: dict[str, Weights] = {}
    needed: dict[str, tuple[int, list[str]]] = {}
    for layer in graph.layers:
        own = _WEIGHTS[type(layer.op)](layer.op, graph, layer)
        if own.trained or own.statistics:
            weights[layer.name] = own
        for name in _NEEDS[type(layer.op)](layer.op, graph, layer, engine):
            tensor = name.removesuffix(".sign")
            needed.setdefault(name, (graph.tensors[tensor].elements, []))[1].append(layer.name)
    kept = tuple(Kept(name, elements, tuple(users)) for name, (elements, users) in needed.items())
    return TrainingMemory(weights, kept, batch_size)


def _bytes(numbers: Any) -> Any:
    return numbers * FLOAT_BYTES


def _kernel(op: ops.QuantizedOp, elements: int, outputs: int) -> Weights:
    return Weights(elements + (outputs if op.use_bias else 0))


def _conv2d(op: ops.Conv2D, graph: Graph, layer: Layer) -> Weights:
    channels = graph.input_shapes(layer)[0][2] // op.groups
    return _kernel(op, op.kernel_size[0] * op.kernel_size[1] * channels * op.filters, op.filters)


def _depthwise_conv2d(op: ops.DepthwiseConv2D, graph: Graph, layer: Layer) -> Weights:
    channels = layer.output.shape[2]
    fixed = op.kernel != "trained"
    return _kernel(op, 0 if fixed else op.kernel_size[0] * op.kernel_size[1] * channels, channels)


def _dense(op: ops.Dense, graph: Graph, layer: Layer) -> Weights:
    return _kernel(op, graph.input_shapes(layer)[0][0] * op.units, op.units)


def _batch_norm(op: ops.BatchNorm, graph: Graph, layer: Layer) -> Weights:
    channels = layer.output.shape[-1]
    return Weights((op.center + op.scale) * channels, 2 * channels)


def _activation(op: ops.Activation, graph: Graph, layer: Layer) -> Weights:
    return Weights(layer.output.shape[-1] if op.function == "prelu" else 0)


def _channel_shift(op: ops.ChannelShift, graph: Graph, layer: Layer) -> Weights:
    return Weights(layer.output.shape[-1])


def _no_weights(op: ops.Op, graph: Graph, layer: Layer) -> Weights:
    return Weights(0)


_WEIGHTS: dict[type[ops.Op], Callable[[Any, Graph, Layer], Weights]] = {
    ops.Conv2D: _conv2d,
    ops.DepthwiseConv2D: _depthwise_conv2d,
    ops.Dense: _dense,
    ops.BatchNorm: _batch_norm,
    ops.Activation: _activation,
    ops.ChannelShift: _channel_shift,
    ops.Dropout: _no_weights,
    ops.Pool2D: _no_weights,
    ops.GlobalAveragePool: _no_weights,
    ops.Flatten: _no_weights,
    ops.Add: _no_weights,
    ops.Concatenate: _no_weights,
    ops.PadChannels: _no_weights,
    ops.ScaleChannels: _no_weights,
    ops.Softmax: _no_weights,
}


def _product_needs(op: ops.QuantizedOp, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    """The input: for the kernel's gradient as it is multiplied, for the estimator's as it came."""
    (source,) = layer.inputs
    if op.input_quantizer is None or (engine == "xnor" and op.is_binary):
        return (source,)
    return (source, f"{source}.sign")


def _input_needed(op: ops.Op, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return layer.inputs


def _output_needed(op: ops.Op, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return (layer.name,)


def _pool_needs(op: ops.Pool2D, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    """The maximum looks for itself among its inputs; the average spreads the gradient evenly."""
    return (*layer.inputs, layer.name) if op.kind == "max" else ()


def _activation_needs(op: ops.Activation, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return (layer.name,) if op.function in ("relu", "sigmoid") else layer.inputs


def _nothing_needed(op: ops.Op, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return ()


_NEEDS: dict[type[ops.Op], Callable[[Any, Graph, Layer, str], tuple[str, ...]]] = {
    ops.Conv2D: _product_needs,
    ops.DepthwiseConv2D: _product_needs,
    ops.Dense: _product_needs,
    ops.BatchNorm: _input_needed,
    ops.Activation: _activation_needs,
    ops.ChannelShift: _nothing_needed,
    ops.Dropout: _output_needed,
    ops.Pool2D: _pool_needs,
    ops.GlobalAveragePool: _nothing_needed,
    ops.Flatten: _nothing_needed,
    ops.Add: _nothing_needed,
    ops.Concatenate: _nothing_needed,
    ops.PadChannels: _nothing_needed,
    ops.ScaleChannels: _input_needed,
    ops.Softmax: _output_needed,
}
