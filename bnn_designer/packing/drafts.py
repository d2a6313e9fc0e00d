"""Groups while a network is packed: as the file holds them, but with arrays in the place of stored numbers.

A group is what the engine runs in one go: a source makes the pixels of one tensor (a convolution, a pool, ...), and
steps change them block by block, store them as floats, or store their signs in bits (csrc/engine/group.h).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph.passes.bits import ENGINE_WORD_BITS

Array = npt.NDArray[Any]

WORD_BITS = ENGINE_WORD_BITS

#: What makes pixels, by its number in csrc/engine/group.h.
SOURCES = (
    "channels",
    "float_conv",
    "binary_conv",
    "depthwise",
    "max_pool",
    "average_pool",
    "binary_max_pool",
    "unpack",
    "pad",
    "int8_conv",
)
#: These read signs in bits.
PACKED_SOURCES = frozenset({"binary_conv", "binary_max_pool", "unpack"})
#: What changes or keeps pixels, by its number there.
STEPS = (
    "affine",
    "clamp",
    "prelu",
    "sigmoid",
    "softmax",
    "add",
    "multiply",
    "scale_channels",
    "store",
    "sign",
    "threshold",
    "levels",
    "ternary",
    "quantize",
    "requantize",
)
#: Steps that read a tensor, and those that write one.
READING_STEPS = frozenset({"add", "multiply", "scale_channels"})
WRITING_STEPS = frozenset({"store", "sign", "threshold", "quantize"})
#: Those that write bits.
PACKING_STEPS = frozenset({"sign", "threshold"})
#: What has whole sums, which thresholds compare.
SUMMING_SOURCES = frozenset({"binary_conv", "int8_conv"})

#: What stands in the place of a tensor: the caller's image, the caller's output, zeros.
IMAGE, RESULT, ZEROS = "image", "result", "zeros"


def written_bits(step: str) -> int:
    """Bits of an element that a step writes: 1, 8 or 32."""
    return 1 if step in PACKING_STEPS else 8 if step == "quantize" else 32


def read_bits(source: str) -> int:
    """Bits of an element that a source reads."""
    return 1 if source in PACKED_SOURCES else 8 if source == "int8_conv" else 32


def word_count(channels: int) -> int:
    """Words that the signs of one pixel take."""
    return -(-channels // WORD_BITS)


def as_image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """``(height, width, channels)``: a vector is one pixel of all features."""
    height, width, channels = shape if len(shape) == 3 else (1, 1, math.prod(shape))
    return height, width, channels


@dataclass(frozen=True)
class Geometry:
    """Shapes and windows of a source, in the order of csrc/engine/group.h."""

    in_height: int
    in_width: int
    in_channels: int
    out_height: int
    out_width: int
    out_channels: int
    kernel_height: int = 1
    kernel_width: int = 1
    stride_height: int = 1
    stride_width: int = 1
    dilation_height: int = 1
    dilation_width: int = 1
    pad_top: int = 0
    pad_left: int = 0
    groups: int = 1
    pad_value: int = 0

    @property
    def taps(self) -> int:
        return self.kernel_height * self.kernel_width

    @property
    def out_pixels(self) -> int:
        return self.out_height * self.out_width

    @property
    def products(self) -> int:
        """Products in one output."""
        return self.taps * self.in_channels // self.groups


@dataclass
class StepDraft:
    """A step; ``tensor`` is what it reads or writes, ``numbers`` its arrays of a number a channel."""

    kind: str
    tensor: str | None = None
    numbers: tuple[Array, ...] = ()
    low: float = -math.inf
    high: float = math.inf


@dataclass
class GroupDraft:
    """A group; ``parts`` are the tensors that the source reads, with their channels."""

    name: str
    path: str
    layers: list[str]
    source: str
    geometry: Geometry
    parts: list[tuple[str, int]]
    weights: tuple[Array, ...] = ()
    steps: list[StepDraft] = field(default_factory=list)
    macs: int = 0

    def reads(self) -> list[str]:
        """Tensors that the group reads, the source's first."""
        found = [name for name, _ in self.parts if name != ZEROS]
        found += [step.tensor for step in self.steps if step.kind in READING_STEPS and step.tensor]
        return list(dict.fromkeys(found))


def affine(factor: Array, offset: Array) -> StepDraft:
    """y = factor x + offset, channel by channel."""
    return StepDraft("affine", numbers=(np.asarray(factor, np.float32), np.asarray(offset, np.float32)))


def outputs(group: GroupDraft) -> list[str]:
    """Tensors of the arena that a group writes."""
    return [step.tensor for step in group.steps if step.kind in WRITING_STEPS and step.tensor and step.tensor != RESULT]


def reads_after_store(group: GroupDraft, tensor: str, stored: str) -> bool:
    """Whether a group reads a tensor in a step behind the one that stores another."""
    position = next(i for i, step in enumerate(group.steps) if step.tensor == stored)
    return any(step.tensor == tensor and step.kind in READING_STEPS for step in group.steps[position:])
