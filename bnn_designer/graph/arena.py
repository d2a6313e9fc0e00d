"""Where each buffer lies in memory: TensorFlow Lite's arena planner.

Sources: tensorflow/lite/arena_planner.cc and simple_memory_arena.cc. Its arena for LCE's converted networks is checked
against the interpreter's own memory in the project's reference figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: TensorFlow Lite starts every tensor at a multiple of so many bytes.
ALIGNMENT_BYTES = 64


@dataclass(frozen=True)
class Buffer:
    """Memory that is in use from one step of a run to another.

    Attributes:
        name: the tensor that lies in it first.
        size_bytes: what it takes.
        first: index of the first step that needs it.
        last: index of the last step that needs it.
        throughout: whether it is placed before all others, as TensorFlow Lite does with a graph's input.
        alignment_bytes: it starts at a multiple of so many bytes.
    """

    name: str
    size_bytes: int
    first: int
    last: int
    throughout: bool = False
    alignment_bytes: int = ALIGNMENT_BYTES


@dataclass(frozen=True)
class Arena:
    """A plan of memory.

    Attributes:
        offsets: where each buffer starts, in bytes, in the order in which the buffers were given.
        size_bytes: up to the end of the last buffer.
    """

    offsets: tuple[int, ...]
    size_bytes: int


def plan(buffers: Sequence[Buffer]) -> Arena:
    """Places every buffer: those that live throughout first, then by size, the larger first, each in its best gap.

    Of equal ones the first in use goes first, and of those the first in ``buffers``.
    """
    order = sorted(
        range(len(buffers)),
        key=lambda index: (not buffers[index].throughout, -buffers[index].size_bytes, buffers[index].first),
    )
    offsets = [0] * len(buffers)
    steps = 1 + max((one.last for one in buffers), default=0)
    # What overlaps a buffer in time is in use when it starts, or starts while it is in use.
    in_use: list[list[tuple[int, int]]] = [[] for _ in range(steps)]
    starting: list[list[tuple[int, int]]] = [[] for _ in range(steps)]
    for index in order:
        buffer = buffers[index]
        neighbors = list(in_use[buffer.first])
        for step in range(buffer.first + 1, buffer.last + 1):
            neighbors += starting[step]
        neighbors.sort()
        offset = offsets[index] = _best_gap(neighbors, buffer.size_bytes, buffer.alignment_bytes)
        extent = (offset, buffer.size_bytes)
        starting[buffer.first].append(extent)
        for step in range(buffer.first, buffer.last + 1):
            in_use[step].append(extent)
    ends = (offset + buffer.size_bytes for offset, buffer in zip(offsets, buffers, strict=True))
    return Arena(tuple(offsets), max(ends, default=0))


def _best_gap(neighbors: list[tuple[int, int]], size_bytes: int, alignment_bytes: int) -> int:
    """The start of the smallest gap between (offset, size) pairs that holds the bytes; else behind the last."""
    best, best_gap = -1, 0
    current = 0
    for offset, extent in neighbors:
        start = _aligned(current, alignment_bytes)
        if start + size_bytes <= offset and (best < 0 or offset - current < best_gap):
            best, best_gap = start, offset - current
        current = max(current, offset + extent)
    return best if best >= 0 else _aligned(current, alignment_bytes)


def _aligned(offset: int, alignment_bytes: int) -> int:
    return -(-offset // alignment_bytes) * alignment_bytes
