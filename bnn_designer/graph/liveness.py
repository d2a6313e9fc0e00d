"""Which tensors are alive while each operator of the deployed program runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bnn_designer.graph.passes.program import Operator, Program, Value

#: These write over an input of equal size that nothing reads afterwards, as TensorFlow Lite's planner lets them.
IN_PLACE = frozenset({"ADD", "SUB", "MUL", "DIV", "SOFTMAX", "RESHAPE"})


@dataclass(frozen=True)
class Buffer:
    """Memory that holds one value, or several in turn where operators work in place.

    Attributes:
        values: the values, in the order in which they come; the first one names the buffer.
        first: index of the operator that first writes it; 0 for the image.
        last: index of the last operator that needs it.
        scratch: whether it is working memory of one operator.
    """

    values: tuple[Value, ...]
    first: int
    last: int
    scratch: bool = False

    @property
    def name(self) -> str:
        return self.values[0].name

    @property
    def size_bytes(self) -> int:
        return self.values[0].size_bytes

    def value_at(self, index: int, made_at: dict[str, int]) -> Value:
        """The value it holds once operator ``index`` has run; ``made_at`` says which operator makes each."""
        return next(value for value in reversed(self.values) if made_at.get(value.name, 0) <= index)


@dataclass(frozen=True)
class Step:
    """The moment in which one operator runs.

    Attributes:
        layer: the operator's name.
        path: the path of its block.
        live: the tensors in memory: the operator's inputs, its output, its working memory, and what later ones read.
    """

    layer: str
    path: str
    live: tuple[Value, ...]

    @cached_property
    def live_bytes(self) -> int:
        return sum(value.size_bytes for value in self.live)


def buffers(program: Program) -> tuple[Buffer, ...]:
    """The buffers of a program, in the order in which they are first written.

    The image and the output stay to the end, as TensorFlow Lite's planner keeps them; any other value lives from the
    operator that makes it to the last one that reads it, so an output overlaps its inputs in time. Working memory lives
    for one operator.
    """
    end = len(program.operators) - 1
    last_read: dict[str, int] = {}
    for index, op in enumerate(program.operators):
        for name in op.inputs:
            last_read[name] = index
    last_read[program.input.name] = last_read[program.output.name] = end
    held: dict[str, _Held] = {program.input.name: _Held([program.input], 0, end)}
    every = [held[program.input.name]]
    for index, op in enumerate(program.operators):
        # An output that nothing reads lives while its operator runs.
        last = max(last_read.get(op.output.name, index), index)
        overwritten = _overwritten(op, index, last_read, held, program.input.name)
        if overwritten is not None:
            overwritten.values.append(op.output)
            overwritten.last = max(overwritten.last, last)
            held[op.output.name] = overwritten
        else:
            held[op.output.name] = _Held([op.output], index, last)
            every.append(held[op.output.name])
        if op.im2col is not None:
            every.append(_Held([op.im2col], index, index, scratch=True))
    return tuple(Buffer(tuple(one.values), one.first, one.last, one.scratch) for one in every)


@dataclass(slots=True)
class _Held:
    values: list[Value]
    first: int
    last: int
    scratch: bool = False


def _overwritten(
    op: Operator, index: int, last_read: dict[str, int], held: dict[str, _Held], image: str
) -> _Held | None:
    """The buffer that the output takes over: of an input of equal size that dies here; None where there is none."""
    if op.kind not in IN_PLACE:
        return None
    for name in op.inputs:
        if name != image and last_read[name] == index and held[name].values[-1].size_bytes == op.output.size_bytes:
            return held[name]
    return None


def liveness(program: Program) -> tuple[Step, ...]:
    """A step for each operator, in running order; of a buffer in which it works in place, the output is shown."""
    made_at = {op.output.name: index for index, op in enumerate(program.operators)}
    live: list[list[Value]] = [[] for _ in program.operators]
    for buffer in buffers(program):
        if len(buffer.values) == 1:
            for index in range(buffer.first, buffer.last + 1):
                live[index].append(buffer.values[0])
        else:
            for index in range(buffer.first, buffer.last + 1):
                live[index].append(buffer.value_at(index, made_at))
    return tuple(Step(op.name, op.path, tuple(values)) for op, values in zip(program.operators, live, strict=True))
