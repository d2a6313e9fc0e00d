"""Memory over time: which tensors of the deployed program are alive while each operator runs, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bnn_designer.graph.arena import Buffer, plan
from bnn_designer.graph.passes.program import Operator, Program, Value

#: These write over an input of equal size that nothing reads afterwards, as TensorFlow Lite's planner lets them.
IN_PLACE = frozenset({"ADD", "SUB", "MUL", "DIV", "SOFTMAX", "RESHAPE"})
#: Why a tensor is there.
ROLES = ("image", "binary", "8 bits", "float", "working memory")


@dataclass(frozen=True)
class Span:
    """One tensor's life.

    Attributes:
        name: the layer that makes it, or ``input``; a part of a layer has ".part" behind it.
        path: the path of the block that makes it; "" for the image.
        shape: of one image, in elements.
        bits: of an element as stored.
        buffer: the memory that it has; others have it before and after, where operators work in place.
        offset: where it starts in the arena, in bytes.
        first: index of the operator that makes it; 0 for the image.
        last: index of the last operator that needs it.
        role: one of ROLES.
    """

    name: str
    path: str
    shape: tuple[int, ...]
    bits: int
    buffer: Buffer
    offset: int
    first: int
    last: int
    role: str

    @property
    def size_bytes(self) -> int:
        return self.buffer.size_bytes

    @property
    def end(self) -> int:
        return self.offset + self.size_bytes

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "path": self.path,
            "shape": list(self.shape),
            "bits": self.bits,
            "size_bytes": self.size_bytes,
            "offset": self.offset,
            "first": self.first,
            "last": self.last,
            "role": self.role,
        }


@dataclass(frozen=True)
class Step:
    """What lies in memory while one operator runs.

    Attributes:
        index: the operator's, from 0.
        name: the operator's name.
        kind: what the operator is, as TensorFlow Lite calls it.
        path: the path of its block.
        live: its inputs, its output, its working memory, and what later ones read, in the order in which their buffers
            are first written; of a buffer in which it works in place, the output.
    """

    index: int
    name: str
    kind: str
    path: str
    live: tuple[Span, ...]

    @cached_property
    def live_bytes(self) -> int:
        return sum(span.size_bytes for span in self.live)

    @property
    def by_offset(self) -> list[Span]:
        """What is live, from the arena's start to its end."""
        return sorted(self.live, key=lambda span: span.offset)

    @property
    def by_size(self) -> list[Span]:
        """What is live, the largest first; of equal ones the first in the arena."""
        return sorted(self.live, key=lambda span: (-span.size_bytes, span.offset))


@dataclass(frozen=True)
class Timeline:
    """The memory of one run, operator by operator and tensor by tensor.

    Attributes:
        spans: in the order in which their buffers are first written.
        steps: one for each operator.
        arena_bytes: the size of the arena.
    """

    spans: tuple[Span, ...]
    steps: tuple[Step, ...]
    arena_bytes: int

    @cached_property
    def peak(self) -> Step:
        """The first step at which the most bytes are alive."""
        return max(self.steps, key=lambda step: step.live_bytes)

    @property
    def live_lower_bound_bytes(self) -> int:
        """The most bytes that are alive at once, working memory included: no planner can do with less."""
        return self.peak.live_bytes

    @property
    def wasted_bytes(self) -> int:
        """What the planner's gaps add to the most that is alive at once."""
        return self.arena_bytes - self.peak.live_bytes

    def to_data(self) -> dict[str, Any]:
        """Operators, tensors, the arena and the peak, as plain data."""
        return {
            "arena_bytes": self.arena_bytes,
            "peak": {
                "layer": self.peak.name,
                "live_bytes": self.peak.live_bytes,
                "tensors": [span.name for span in self.peak.by_offset],
            },
            "operators": [
                {"name": step.name, "kind": step.kind, "path": step.path, "live_bytes": step.live_bytes}
                for step in self.steps
            ],
            "tensors": [span.to_data() for span in self.spans],
        }


def timeline(program: Program) -> Timeline:
    """The memory of a program.

    The image and the output stay to the end, as TensorFlow Lite's planner keeps them; any other value lives from the
    operator that makes it to the last one that reads it, so an output overlaps its inputs in time. Working memory lives
    for one operator. Binary tensors take one bit an element, in words of 32 channels, those between 8-bit
    operators 8 bits, all others 32.
    """
    every = _tenancies(program)
    arena = plan([one.buffer for one in every])
    spans = tuple(
        span for one, offset in zip(every, arena.offsets, strict=True) for span in one.spans(offset, program.operators)
    )
    live: list[list[Span]] = [[] for _ in program.operators]
    for span in spans:
        for index in range(span.first, span.last + 1):
            live[index].append(span)
    steps = tuple(
        Step(index, op.name, op.kind, op.path, tuple(found))
        for index, (op, found) in enumerate(zip(program.operators, live, strict=True))
    )
    return Timeline(spans, steps, arena.size_bytes)


@dataclass(slots=True)
class _Tenancy:
    """A buffer before its place is known.

    Attributes:
        values: the values that have it in turn, each with the index of the operator that makes it.
        last: index of the last operator that needs it.
        role: ``image`` or ``working memory``; "" for what operators make.
    """

    values: list[tuple[Value, int]]
    last: int
    role: str = ""

    @property
    def buffer(self) -> Buffer:
        value, first = self.values[0]
        return Buffer(value.name, value.size_bytes, first, self.last, throughout=self.role == "image")

    def spans(self, offset: int, operators: tuple[Operator, ...]) -> Iterator[Span]:
        buffer = self.buffer
        lasts = [*(made_at - 1 for _, made_at in self.values[1:]), self.last]
        for (value, first), last in zip(self.values, lasts, strict=True):
            role = self.role or {1: "binary", 8: "8 bits"}.get(value.bits, "float")
            path = "" if role == "image" else operators[first].path
            yield Span(value.name, path, value.shape, value.bits, buffer, offset, first, last, role)


def _tenancies(program: Program) -> list[_Tenancy]:
    """The buffers of a program, in the order in which they are first written."""
    end = len(program.operators) - 1
    last_read = {name: index for index, op in enumerate(program.operators) for name in op.inputs}
    last_read[program.input.name] = last_read[program.output.name] = end
    image = _Tenancy([(program.input, 0)], end, "image")
    held, every = {program.input.name: image}, [image]
    for index, op in enumerate(program.operators):
        # An output that nothing reads lives while its operator runs.
        last = max(last_read.get(op.output.name, index), index)
        overwritten = _overwritten(op, index, last_read, held, program.input.name)
        if overwritten is not None:
            overwritten.values.append((op.output, index))
            overwritten.last = max(overwritten.last, last)
            held[op.output.name] = overwritten
        else:
            held[op.output.name] = _Tenancy([(op.output, index)], last)
            every.append(held[op.output.name])
        if op.im2col is not None:
            every.append(_Tenancy([(op.im2col, index)], index, "working memory"))
    return every


def _overwritten(
    op: Operator, index: int, last_read: dict[str, int], held: dict[str, _Tenancy], image: str
) -> _Tenancy | None:
    """The buffer that the output takes over: of an input of equal size that dies here; None where there is none."""
    if op.kind not in IN_PLACE:
        return None
    for name in op.inputs:
        if name != image and last_read[name] == index and held[name].buffer.size_bytes == op.output.size_bytes:
            return held[name]
    return None
