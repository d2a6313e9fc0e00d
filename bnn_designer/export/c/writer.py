"""What the functions that write C of a group share: where tensors lie, words of signs, thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bnn_designer.export.c.constants import Array, Constants
from bnn_designer.packing.drafts import IMAGE, RESULT, WORD_BITS, Geometry, word_count
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork

#: Signs that a word of the program holds: a microcontroller has registers of 32 bits.
C_WORD_BITS = 32
CELL_BYTES = 4
#: A ``struct window``: 16 numbers.
WINDOW_BYTES = 16 * 4


@dataclass(frozen=True)
class GroupWriter:
    """What the functions below write with; ``name`` is the group's, as a C identifier."""

    network: PackedNetwork
    group: GroupEntry
    name: str
    constants: Constants

    @property
    def at(self) -> Geometry:
        return Geometry(*self.group.geometry)

    def blob(self, index: int) -> Array:
        return self.network.blob(index)

    def place(self, tensor: str, cells: int) -> str:
        """Where a tensor's numbers or signs of this pixel are, which takes so many cells; 0: where it begins."""
        if tensor in (IMAGE, RESULT):
            start = tensor if tensor == IMAGE else "scores"
        else:
            offset = self.network.tensors[tensor].offset // CELL_BYTES
            start = f"arena + {offset}" if offset else "arena"
        if cells == 0 or self.at.out_pixels == 1:
            return start
        return f"{start} + pixel * {cells}" if cells > 1 else f"{start} + pixel"

    def bytes_place(self, tensor: str, channels: int) -> str:
        """As :meth:`place`, of numbers of 8 bits."""
        if tensor == IMAGE:
            return IMAGE
        offset = self.network.tensors[tensor].offset // CELL_BYTES
        start = f"(int8_t *)(arena + {offset})" if offset else "(int8_t *)arena"
        return start if channels == 0 or self.at.out_pixels == 1 else f"{start} + pixel * {channels}"

    def window(self) -> str:
        """The first arguments of what slides a window."""
        return "&at, y, x" if self.at.out_pixels > 1 else "&at, 0, 0"

    def part(self) -> str:
        return self.place(self.group.parts[0].tensor, 0)


def thresholds_of(factor: Array, offset: Array, wide: bool) -> tuple[Array, Array]:
    """``(thresholds, turned)``: the sign of ``factor * s + offset`` is -1 where ``(s < threshold) != turned``.

    These are whole numbers, the factor 1, -1 or 0 (packing/thresholds.py), so with s whole::

         1:  s + offset < 0     is  s < -offset
        -1:  -s + offset < 0    is  s > offset, which is not s < offset + 1
         0:  offset < 0         s is never below the least number
    """
    never = -(2**31) if wide else -(2**15)
    factor, offset = factor.astype(np.int64), offset.astype(np.int64)
    found = np.where(factor == 0, never, np.where(factor < 0, offset + 1, -offset))
    return found, np.where(factor == 0, offset < 0, factor < 0)


def is_threshold(group: GroupEntry) -> bool:
    return bool(group.steps) and group.steps[0].kind == "threshold"


def call(function: str, arguments: list[str]) -> list[str]:
    return [f"{function}({', '.join(arguments)});"]


def cells(channels: int) -> int:
    """Cells that the signs of a pixel take in the arena, in the plan's words of 64."""
    return word_count(channels) * WORD_BITS // C_WORD_BITS


def packed_bits(bits: Array) -> Array:
    """One bit a channel, in words of 32."""
    filled = np.zeros(math.ceil(len(bits) / C_WORD_BITS) * C_WORD_BITS, bool)
    filled[: len(bits)] = bits
    return np.packbits(filled, bitorder="little").view("<u4")
