"""Where the tensors between groups lie: the cost model's own planner, on what the engine really keeps.

A tensor is alive from the group that writes it to the last one that reads it. So an input lives until its reader has
written everything, and is not written over too early. Only a sum may be stored over what it reads, pixel upon pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bnn_designer.graph.arena import Buffer, plan
from bnn_designer.packing.drafts import (
    WRITING_STEPS,
    GroupDraft,
    outputs,
    reads_after_store,
    word_count,
    written_bits,
)


@dataclass(frozen=True)
class ArenaTensor:
    """A tensor of the arena.

    Attributes:
        name: as the program names the value.
        shape: (height, width, channels).
        bits: 32, 8 for whole numbers, or 1 for signs in words of 64 channels.
        offset: where it begins, in bytes.
    """

    name: str
    shape: tuple[int, int, int]
    bits: int
    offset: int


def size_bytes(shape: tuple[int, int, int], bits: int) -> int:
    """What a tensor takes in the engine's layout."""
    height, width, channels = shape
    return height * width * (8 * word_count(channels) if bits == 1 else bits // 8 * channels)


def place_tensors(groups: list[GroupDraft]) -> tuple[tuple[ArenaTensor, ...], int]:
    """The tensors' places, and the size of the arena in bytes."""
    kinds = {
        step.tensor: (_shape(group), written_bits(step.kind))
        for group in groups
        for step in group.steps
        if step.tensor and step.tensor in outputs(group) and step.kind in WRITING_STEPS
    }
    sizes = {name: size_bytes(*kind) for name, kind in kinds.items()}
    # What nothing reads is in memory while its group runs.
    last_group = {name: index for index, group in enumerate(groups) for name in (*outputs(group), *group.reads())}
    buffers: list[Buffer] = []
    held: dict[str, int] = {}  # a tensor's buffer, by its index
    for index, group in enumerate(groups):
        stored, over = _stored_over(group, sizes, last_group, index)
        for name in outputs(group):
            if name == stored:
                held[name] = held[over]
                buffers[held[name]] = replace(buffers[held[name]], last=last_group[name])
            else:
                held[name] = len(buffers)
                buffers.append(Buffer(name, sizes[name], index, last_group[name]))
    arena = plan(buffers)
    return tuple(ArenaTensor(name, *kind, arena.offsets[held[name]]) for name, kind in kinds.items()), arena.size_bytes


def _shape(group: GroupDraft) -> tuple[int, int, int]:
    at = group.geometry
    return at.out_height, at.out_width, at.out_channels


def _stored_over(group: GroupDraft, sizes: dict[str, int], last_group: dict[str, int], index: int) -> tuple[str, str]:
    """The first tensor that a group can store over one that its sums read, and that one; "" twice where there is none.

    A sum is stored over what it reads pixel by pixel, once nothing else reads it.
    """
    sources = {name for name, _ in group.parts}
    added = [step.tensor for step in group.steps if step.kind == "add" and step.tensor in sizes]
    over = [name for name in added if name and name not in sources and last_group[name] == index]
    for stored in [step.tensor for step in group.steps if step.kind == "store" and step.tensor in sizes]:
        for name in over:
            if stored and sizes[name] == sizes[stored] and not reads_after_store(group, name, stored):
                return stored, name
    return "", ""
