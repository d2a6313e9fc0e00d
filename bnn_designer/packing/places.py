"""Where the tensors between groups lie: the cost model's own planner, on what the engine really keeps.

A group may write several tensors; the planner knows operators of one output. So each output is an operator of its own,
in the order of writing, and each reads all that the group reads: an input then lives until the group has written
everything, and nothing is written over it too early.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bnn_designer.graph.arena import plan
from bnn_designer.graph.passes import Operator, Program, Value
from bnn_designer.packing.drafts import IMAGE, PACKING_STEPS, WRITING_STEPS, GroupDraft, word_count
from bnn_designer.packing.fuse import outputs, reads_after_store

#: An operator kind that the planner lets work in place.
_IN_PLACE = "ADD"


@dataclass(frozen=True)
class Place:
    """A tensor of the arena.

    Attributes:
        name: as the program names the value.
        shape: (height, width, channels).
        bits: 32, or 1 for signs in words of 64 channels.
        offset: where it begins, in bytes.
    """

    name: str
    shape: tuple[int, int, int]
    bits: int
    offset: int


def size_bytes(shape: tuple[int, int, int], bits: int) -> int:
    """What a tensor takes in the engine's layout."""
    height, width, channels = shape
    return height * width * (8 * word_count(channels) if bits == 1 else 4 * channels)


def place_tensors(groups: list[GroupDraft]) -> tuple[tuple[Place, ...], int]:
    """The tensors' places, and the size of the arena in bytes."""
    kinds = {
        step.tensor: (_shape(group), 1 if step.kind in PACKING_STEPS else 32)
        for group in groups
        for step in group.steps
        if step.tensor and step.tensor in outputs(group) and step.kind in WRITING_STEPS
    }
    values = {name: Value(name, (size_bytes(shape, bits) // 4,)) for name, (shape, bits) in kinds.items()}
    image = Value(IMAGE, (0,))  # the caller's own memory
    last_group = {name: index for index, group in enumerate(groups) for name in group.reads()}
    operators: list[Operator] = []
    for index, group in enumerate(groups):
        reads = [name for name in group.reads() if name != IMAGE]
        written = outputs(group)
        first, kind = "", "group"
        for output in [step.tensor for step in group.steps if step.kind == "store" and step.tensor in written]:
            found = _overwritable(group, output, values, last_group, index)
            if output and found and not first:
                # The planner takes the first input of equal size that dies, so this one goes first, in the last row.
                first, kind = found, _IN_PLACE
                written = [name for name in written if name != output] + [output]
        reads.sort(key=lambda name: name != first)
        for output in written:
            last = output == written[-1]
            operators.append(_operator(output, kind if last else "group", reads, values[output]))
    if not operators:
        return (), 0
    arena = plan(Program("engine", image, tuple(operators)))
    offsets = {
        value.name: placement.offset for placement in arena.placements for value in placement.buffer.values if values
    }
    return tuple(Place(name, *kinds[name], offsets[name]) for name in values), arena.size_bytes


def _shape(group: GroupDraft) -> tuple[int, int, int]:
    at = group.geometry
    return at.out_height, at.out_width, at.out_channels


def _operator(name: str, kind: str, reads: list[str], value: Value) -> Operator:
    return Operator(name, kind, "", "", (), tuple(reads), (), value)


def _overwritable(
    group: GroupDraft, output: str | None, values: dict[str, Value], last_group: dict[str, int], index: int
) -> str:
    """A tensor that a sum reads and that the group may store over: pixel by pixel, once nothing else reads it."""
    sources = {name for name, _ in group.parts}
    for step in group.steps:
        name = step.tensor
        if step.kind != "add" or not name or name in sources or name not in values or not output:
            continue
        same_size = math.prod(values[name].shape) == math.prod(values[output].shape)
        if same_size and last_group[name] == index and not reads_after_store(group, name, output):
            return name
    return ""
