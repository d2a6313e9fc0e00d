"""The deployed program: TensorFlow Lite's operators, their tensors and their constants, as immutable values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

#: LCE packs signs, channel by channel, into words of so many bits.
WORD_BITS = 32
FLOAT_BYTES = 4


def packed_words(channels: int) -> int:
    """Words that the signs of one pixel take; the last one is filled up."""
    return (channels + WORD_BITS - 1) // WORD_BITS


def stored_bytes(shape: tuple[int, ...], bits: int = 32) -> int:
    """What numbers of 32 or 8 bits take; no dimensions mean one number."""
    return math.prod(shape) if bits == 8 else math.prod(shape) * FLOAT_BYTES


def tensor_bytes(shape: tuple[int, ...], bits: int) -> int:
    """What a tensor of one image takes: floats, numbers of 8 bits, or signs (``bits`` 1) in whole words a pixel."""
    if bits == 1:
        return stored_bytes((*shape[:-1], packed_words(shape[-1])))
    return stored_bytes(shape, bits)


@dataclass(frozen=True)
class Value:
    """A tensor between operators, of one image.

    Attributes:
        name: the layer that makes it, or ``input``; a part of a layer has ".part" behind it.
        shape: ``(height, width, channels)`` or ``(features,)``, in elements, however they are stored.
        bits: 32; 8 for whole numbers times one scale; or 1 for signs in words of 32 channels.
    """

    name: str
    shape: tuple[int, ...]
    bits: int = 32

    @cached_property
    def size_bytes(self) -> int:
        return tensor_bytes(self.shape, self.bits)


@dataclass(frozen=True)
class Constant:
    """Numbers in the file that an operator reads.

    Attributes:
        role: ``weights``, ``latent weights`` (of a kernel that is computed anew for every image), ``bias``,
            ``multiplier``, ``threshold``, ``slopes``, ``factor``, ``offset``, ``limit``, ``value`` or ``shape``.
        shape: as stored, so that ``math.prod(shape) * bits / 8`` bytes is its size.
        packed: whether the last axis counts words of 32 signs.
        shared: equal constants with this mark stand in the file once: shapes, zeros and ones. Trained numbers differ.
        bits: that an element takes: 32, or 8.
    """

    role: str
    shape: tuple[int, ...]
    packed: bool = False
    shared: str = ""
    bits: int = 32

    @cached_property
    def size_bytes(self) -> int:
        return stored_bytes(self.shape, self.bits)


@dataclass(frozen=True)
class Operator:
    """One operator of the file.

    Attributes:
        name: unique; the graph layer that it starts with, or a part of it.
        kind: TensorFlow Lite's or LCE's name: ``CONV_2D``, ``LceBconv2d``, ...
        path: the path of the block it comes from.
        block_id: the id of that block.
        layers: the graph's layers that it computes, in order; the folded ones included.
        inputs: names of the values that it reads.
        constants: what it reads from the file.
        output: the value it makes.
        mac_factors: numbers whose product are its multiply-accumulates, named; empty where it has none.
        im2col: what a kernel that unfolds its input asks for: ``(output pixels, values of a window)``; None for none.
        activation: the fused function, ``RELU`` or "".
    """

    name: str
    kind: str
    path: str
    block_id: str
    layers: tuple[str, ...]
    inputs: tuple[str, ...]
    constants: tuple[Constant, ...]
    output: Value
    mac_factors: tuple[tuple[str, int], ...] = ()
    im2col: Value | None = None
    activation: str = ""

    @property
    def is_binary(self) -> bool:
        return self.kind == "LceBconv2d"

    @cached_property
    def is_int8(self) -> bool:
        """Whether it multiplies whole numbers of 8 bits with weights of 8 bits."""
        return any(one.role == "weights" and one.bits == 8 for one in self.constants)

    @cached_property
    def macs(self) -> int:
        return math.prod(number for _, number in self.mac_factors) if self.mac_factors else 0


@dataclass(frozen=True)
class Unsupported:
    """Why LCE cannot run a layer, or why this project does not know what LCE makes of it (``unknown``)."""

    path: str
    layer: str
    reason: str
    unknown: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Program:
    """Operators in running order.

    Attributes:
        name: the graph's.
        input: the image.
        operators: the last one makes the output.
        unsupported: what stands in the way of deployment; where there is any, the operators take such layers as float.
    """

    name: str
    input: Value
    operators: tuple[Operator, ...]
    unsupported: tuple[Unsupported, ...] = ()

    @property
    def layers(self) -> tuple[Operator, ...]:
        """The operators, under the name that a graph's have."""
        return self.operators

    @property
    def output(self) -> Value:
        return self.operators[-1].output if self.operators else self.input

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """Every value by its name, the input included."""
        return MappingProxyType({self.input.name: self.input} | {op.output.name: op.output for op in self.operators})

    @cached_property
    def constants(self) -> tuple[Constant, ...]:
        """Every constant of the file; a shared one once."""
        found: list[Constant] = []
        seen: set[Constant] = set()
        for op in self.operators:
            for constant in op.constants:
                if not constant.shared:
                    found.append(constant)
                elif constant not in seen:
                    seen.add(constant)
                    found.append(constant)
        return tuple(found)
