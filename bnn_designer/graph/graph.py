"""Tensors, layers and the graph they form: immutable values, one output a layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from bnn_designer.graph.ops import Op

INPUT_NAME = "input"


@dataclass(frozen=True)
class Tensor:
    """What one layer hands to the next.

    Attributes:
        name: the name of the layer that makes it, or ``input``.
        shape: without the batch axis; ``(height, width, channels)`` or ``(features,)``.
        bits: bits an element takes where it is stored; 1 for signs, 32 for float32.
    """

    name: str
    shape: tuple[int, ...]
    bits: int = 32

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of one image's tensor: its bits, rounded up to a whole byte."""
        return -(-self.elements * self.bits // 8)


@dataclass(frozen=True)
class Layer:
    """One operation on tensors.

    Attributes:
        name: unique in its graph, valid as the name of a Keras layer; also the name of ``output``.
        op: what it computes, a value of :mod:`bnn_designer.graph.ops`.
        inputs: names of the tensors it reads, each made by an earlier layer or ``input``.
        output: the one tensor it makes.
        path: the path of the block it comes from, for messages.
        block_id: the id of that block.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]
    output: Tensor
    path: str
    block_id: str


@dataclass(frozen=True)
class Graph:
    """A directed acyclic graph: layers in an order in which they can run; the last one makes the output."""

    name: str
    input: Tensor
    layers: tuple[Layer, ...]
    classes: int

    @property
    def output(self) -> Tensor:
        """The last layer's tensor; the input where there is no layer."""
        return self.layers[-1].output if self.layers else self.input

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """Every tensor by its name, the input included."""
        return MappingProxyType({self.input.name: self.input} | {layer.name: layer.output for layer in self.layers})

    @cached_property
    def users(self) -> Mapping[str, tuple[Layer, ...]]:
        """The layers that read each tensor, in running order; empty for the output."""
        found: dict[str, list[Layer]] = {name: [] for name in self.tensors}
        for layer in self.layers:
            for name in dict.fromkeys(layer.inputs):
                found[name].append(layer)
        return MappingProxyType({name: tuple(layers) for name, layers in found.items()})

    def input_shapes(self, layer: Layer) -> tuple[tuple[int, ...], ...]:
        """The shapes of what a layer reads, without the batch axis."""
        return tuple(self.tensors[name].shape for name in layer.inputs)
