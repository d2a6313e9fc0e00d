"""Where each tensor lies in memory: TensorFlow Lite's arena planner.

Sources: tensorflow/lite/arena_planner.cc and simple_memory_arena.cc. Its arena for LCE's converted networks is checked
against the interpreter's own memory in the project's reference figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bnn_designer.graph.liveness import Buffer, buffers
from bnn_designer.graph.passes.program import Program

#: Every tensor starts at a multiple of so many bytes.
ALIGNMENT_BYTES = 64


@dataclass(frozen=True)
class Placement:
    """A buffer and its place: bytes ``offset`` to ``end`` of the arena."""

    buffer: Buffer
    offset: int

    @property
    def end(self) -> int:
        return self.offset + self.buffer.size_bytes


@dataclass(frozen=True)
class Arena:
    """The plan of a program's memory.

    Attributes:
        placements: in the order of first use.
        steps: how many operators the program has.
    """

    placements: tuple[Placement, ...]
    steps: int

    @cached_property
    def size_bytes(self) -> int:
        """The arena: up to the end of the last buffer."""
        return max((placement.end for placement in self.placements), default=0)

    @cached_property
    def live_bytes(self) -> tuple[int, ...]:
        """Bytes that are alive at each operator."""
        changes = [0] * (self.steps + 1)
        for placement in self.placements:
            changes[placement.buffer.first] += placement.buffer.size_bytes
            changes[placement.buffer.last + 1] -= placement.buffer.size_bytes
        live, total = [], 0
        for change in changes[:-1]:
            total += change
            live.append(total)
        return tuple(live)

    @property
    def live_lower_bound_bytes(self) -> int:
        """The largest sum of buffers that are alive at once: no plan can do with less."""
        return max(self.live_bytes, default=0)

    @property
    def peak_index(self) -> int:
        """The first operator at which most bytes are alive."""
        return self.live_bytes.index(self.live_lower_bound_bytes)


def plan(program: Program) -> Arena:
    """Places every buffer: the image first, then by size, the larger first, each in its best gap."""
    found = buffers(program)
    order = sorted(
        range(len(found)),
        key=lambda index: (
            index != 0,  # the image, which lives throughout
            -found[index].size_bytes,
            found[index].first,
            index,
        ),
    )
    offsets = [0] * len(found)
    placed_at: list[list[tuple[int, int]]] = [[] for _ in program.operators]
    for index in order:
        buffer = found[index]
        span = range(buffer.first, buffer.last + 1)
        neighbors = sorted({extent for step in span for extent in placed_at[step]})
        offset = offsets[index] = _best_gap(neighbors, buffer.size_bytes)
        for step in span:
            placed_at[step].append((offset, buffer.size_bytes))
    return Arena(
        tuple(Placement(buffer, offset) for buffer, offset in zip(found, offsets, strict=True)), len(program.operators)
    )


def _best_gap(neighbors: list[tuple[int, int]], size: int) -> int:
    """The start of the smallest gap between (offset, size) pairs that holds ``size`` bytes; else behind the last."""
    best, best_gap = -1, 0
    current = 0
    for offset, extent in neighbors:
        start = _aligned(current)
        if start + size <= offset and (best < 0 or offset - current < best_gap):
            best, best_gap = start, offset - current
        current = max(current, offset + extent)
    return best if best >= 0 else _aligned(current)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
