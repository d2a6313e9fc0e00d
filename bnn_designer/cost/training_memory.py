"""The memory that training takes: weights, gradients, optimizer, and what the forward pass keeps for the backward one.

What this project's own engine keeps: Keras 3 on TensorFlow, no recomputation, Adam. A layer's gradient needs some of
its inputs and outputs; TensorFlow holds these from the forward to the backward pass, in float32 but for two things that
the xnor engine keeps packed: of the input of a binary layer a bit for the sign and a bit for the straight-through mask,
in words of 64 channels; of a max pool the place of each maximum, a byte. A tensor that several layers need is held
once. Working memory of single operations, the images waiting in the input pipeline and TensorFlow itself come on top,
so the figure is what the tensors need and not what the process takes.
"""

from __future__ import annotations

import math
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

# How names of kept tensors end, see Kept.
SIGNS, SIGN_BITS, MASK_BITS, PLACES = ".sign", ".sign_bits", ".mask_bits", ".places"
WORD_CHANNELS, BYTES_PER_WORD = 64, 8


@dataclass(frozen=True)
class Weights:
    """The numbers of one layer: those that are trained, and those that batch norms keep beside."""

    trained: int
    statistics: int = 0


@dataclass(frozen=True)
class Kept:
    """A tensor that is held for the backward pass.

    Attributes:
        name: the layer that makes it, or ``input``; with ".sign" behind it the signs as floats, with ".sign_bits"
            and ".mask_bits" signs and straight-through mask in bits, with ".places" the places of the maxima.
        bytes: of one image.
        needed_by: the layers whose gradients need it.
    """

    name: str
    bytes: int
    needed_by: tuple[str, ...]


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes by what they are for, for one batch size.

    Attributes:
        weights: of each layer that has any, by its name.
        kept: what the forward pass leaves for the backward one.
        batch_size: the batch size.
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

    @property
    def model_bytes(self) -> int:
        """All numbers of the model as they are in memory, be it trained or not: weights and statistics."""
        return self.weight_bytes + self.statistics_bytes

    @cached_property
    def activation_bytes(self) -> int:
        return sum(one.bytes for one in self.kept) * self.batch_size

    @property
    def total_bytes(self) -> int:
        return self.model_bytes + self.gradient_bytes + self.optimizer_bytes + self.activation_bytes

    def at(self, batch_size: int) -> TrainingMemory:
        """The same design with another batch size."""
        return TrainingMemory(self.weights, self.kept, batch_size)

    def formulas(self) -> dict[str, Formula]:
        """Every part, opened, under its name in :meth:`to_data`."""
        trained, batch = Term("trained numbers", self.trained), Term("batch size", self.batch_size)
        kept = total(Term(one.name, one.bytes) for one in self.kept)
        parts = {
            "weight_bytes": _bytes(trained),
            "gradient_bytes": _bytes(trained),
            "optimizer_bytes": _bytes(trained) * ADAM_SLOTS,
            "statistics_bytes": _bytes(Term("moving means and variances", self.statistics)),
            "activation_bytes": kept * batch,
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


def training_memory(
    graph: Graph, batch_size: int = 50, engine: str = "xnor", *, float_kernels: bool = False
) -> TrainingMemory:
    """What training a graph takes.

    Args:
        graph: as lowered.
        batch_size: the batch size.
        engine: ``xnor``: the compiled ops keep signs, masks and places of maxima packed; ``float``: TensorFlow's own.
        float_kernels: kernels are taken as they are, as in the first of two stages: products are TensorFlow's own then,
            and pools remain the engine's.

    Raises:
        ValueError: the batch size is below 1, or the engine is neither.
        KeyError: an operation that this module has no rule for; a test holds it to all of them.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it is at least 1")
    if engine not in ("xnor", "float"):
        raise ValueError(f"engine is {engine!r}; it is either 'xnor' or 'float'")
    weights: dict[str, Weights] = {}
    needed: dict[str, list[str]] = {}
    for layer in graph.layers:
        own = WEIGHTS[type(layer.op)](layer.op, graph, layer)
        if own.trained or own.statistics:
            weights[layer.name] = own
        way = "float" if float_kernels and isinstance(layer.op, ops.QuantizedOp) else engine
        for name in NEEDS[type(layer.op)](layer.op, graph, layer, way):
            needed.setdefault(name, []).append(layer.name)
    kept = tuple(Kept(name, _kept_bytes(graph, name), tuple(users)) for name, users in needed.items())
    return TrainingMemory(weights, kept, batch_size)


def _bytes(numbers: Any) -> Any:
    return numbers * FLOAT_BYTES


def _kept_bytes(graph: Graph, name: str) -> int:
    """Of one image; the end of the name says how it is kept."""
    for end in (SIGNS, SIGN_BITS, MASK_BITS, PLACES):
        if name.endswith(end):
            tensor = graph.tensors[name.removesuffix(end)]
            channels = tensor.shape[-1]
            if end in (SIGN_BITS, MASK_BITS):
                return tensor.elements // channels * -(-channels // WORD_CHANNELS) * BYTES_PER_WORD
            return tensor.elements * (1 if end == PLACES else FLOAT_BYTES)
    return graph.tensors[name].elements * FLOAT_BYTES


def _product(op: ops.QuantizedOp, graph: Graph, layer: Layer) -> Weights:
    kernel = math.prod(op.kernel_shape(graph.input_shapes(layer)[0])) if op.is_trained else 0
    return Weights(kernel + (layer.output.shape[-1] if op.use_bias else 0))


def _batch_norm(op: ops.BatchNorm, graph: Graph, layer: Layer) -> Weights:
    channels = layer.output.shape[-1]
    return Weights((op.center + op.scale) * channels, 2 * channels)


def _activation(op: ops.Activation, graph: Graph, layer: Layer) -> Weights:
    return Weights(layer.output.shape[-1] if op.function == "prelu" else 0)


def _channel_shift(op: ops.ChannelShift, graph: Graph, layer: Layer) -> Weights:
    return Weights(layer.output.shape[-1])


def _no_weights(op: ops.Op, graph: Graph, layer: Layer) -> Weights:
    return Weights(0)


WEIGHTS: dict[type[ops.Op], Callable[[Any, Graph, Layer], Weights]] = {
    **dict.fromkeys(ops.WITH_KERNEL, _product),
    ops.BatchNorm: _batch_norm,
    ops.Activation: _activation,
    ops.ChannelShift: _channel_shift,
    **dict.fromkeys(ops.WITHOUT_WEIGHTS, _no_weights),
}


def _product_needs(op: ops.QuantizedOp, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    """The input: for the kernel's gradient as it is multiplied, for the estimator's as it came."""
    (source,) = layer.inputs
    if op.input_quantizer is None:
        return (source,)
    if engine == "float" or not op.is_binary:
        return (source, source + SIGNS)
    # Of ste_sign's estimator the mask is all; of others the slope depends on the value.
    masked = op.input_quantizer.name == "ste_sign" and op.input_quantizer.clip_value == 1.0
    return (source + SIGN_BITS, source + MASK_BITS if masked else source)


def _depthwise_needs(op: ops.DepthwiseConv2D, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    """Trains in float on either engine."""
    (source,) = layer.inputs
    return (source,) if op.input_quantizer is None else (source, source + SIGNS)


def _input_needed(op: ops.Op, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return layer.inputs


def _output_needed(op: ops.Op, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return (layer.name,)


def _pool_needs(op: ops.Pool2D, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    """The maximum looks for itself among its inputs, or has its place kept; the average spreads the gradient evenly."""
    if op.kind != "max":
        return ()
    return (*layer.inputs, layer.name) if engine == "float" else (layer.name + PLACES,)


def _activation_needs(op: ops.Activation, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return (layer.name,) if op.function in ("relu", "sigmoid") else layer.inputs


def _nothing_needed(op: ops.Op, graph: Graph, layer: Layer, engine: str) -> tuple[str, ...]:
    return ()


NEEDS: dict[type[ops.Op], Callable[[Any, Graph, Layer, str], tuple[str, ...]]] = {
    ops.Conv2D: _product_needs,
    ops.DepthwiseConv2D: _depthwise_needs,
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
