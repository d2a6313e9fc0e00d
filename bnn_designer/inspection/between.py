"""What each group of a packed network leaves for the next ones, for one image: by the engine itself.

The engine shows its output alone, and its tensors share memory. So the same groups run once more in a network in which
each tensor has a place of its own, and a last group lays them side by side as the output. What makes the numbers is the
same: the same code on the same weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnn_designer.inference import Engine
from bnn_designer.packing.drafts import RESULT, WRITING_STEPS, ZEROS
from bnn_designer.packing.header import LARGEST_SIZE, GroupEntry, Header, PartEntry, StepEntry, TensorEntry
from bnn_designer.packing.network import BLOB_ALIGNMENT, PackedNetwork, check
from bnn_designer.packing.places import size_bytes

FloatArray = npt.NDArray[np.float32]

# A tensor's signs as floats; no layer has a name with a slash.
_UNPACKED = "unpacked/"
# Parts that a group may have.
_MOST_PARTS = 1_000


@dataclass(frozen=True)
class Left:
    """A tensor that a group leaves.

    Attributes:
        tensor: its name, that of the last layer in it.
        layers: of the group.
        bits: 1, or 32 for floats.
        shape: (height, width, channels).
        values: float32 of that shape, signs as -1 and +1; None: it is larger than what the engine can give out.
        turned: channels of signs that are the opposite ones, which the max pool that reads them turns back.
    """

    tensor: str
    layers: tuple[str, ...]
    bits: int
    shape: tuple[int, int, int]
    values: FloatArray | None
    turned: int = 0


def left_between(network: PackedNetwork, image: FloatArray) -> tuple[Left, ...]:
    """All tensors between the groups, in the order in which they are written.

    Args:
        network: packed.
        image: float32 [height, width, channels], as the network takes it.

    Raises:
        EngineError: the engine cannot have the memory in which all tensors lie beside each other.
    """
    entries = network.tensors
    writers = {name: group for group in network.header.groups for name in _written(group)}
    sizes = {name: math.prod(entries[name].shape) for name in writers}
    shown = [name for name, size in sizes.items() if size <= LARGEST_SIZE]
    values: dict[str, FloatArray] = {}
    for names in _portions(shown, sizes):
        with Engine(_spread(network, names)) as engine:
            flat = engine.run(image)
        ends = np.cumsum([sizes[name] for name in names])
        values |= zip(names, np.split(flat, ends[:-1]), strict=True)
    turned = _turned(network)
    found = []
    for name, group in writers.items():
        height, width, channels = entries[name].shape
        its = values[name].reshape(height, width, channels) if name in values else None
        layers = tuple(group.layers) or (group.name,)
        found.append(Left(name, layers, entries[name].bits, (height, width, channels), its, turned.get(name, 0)))
    return tuple(found)


def _written(group: GroupEntry) -> Iterator[str]:
    for step in group.steps:
        if step.kind in WRITING_STEPS and step.tensor and step.tensor != RESULT:
            yield step.tensor


def _portions(names: Iterable[str], sizes: dict[str, int]) -> Iterator[list[str]]:
    """The tensors in as few parts as the engine can give out at once."""
    portion: list[str] = []
    for name in names:
        if len(portion) == _MOST_PARTS or sum(sizes[one] for one in portion) + sizes[name] > LARGEST_SIZE:
            yield portion
            portion = []
        portion.append(name)
    if portion:
        yield portion


def _spread(network: PackedNetwork, names: list[str]) -> PackedNetwork:
    """The network with each tensor in a place of its own and, in place of its output, these tensors side by side."""
    header, entries = network.header, network.tensors
    packed = {name for name in names if entries[name].bits == 1}
    tensors = list(header.tensors)
    groups = [*map(_without_result, header.groups)]
    for name in packed:
        height, width, channels = shape = entries[name].shape
        tensors.append(TensorEntry(name=f"{_UNPACKED}{name}", shape=shape, bits=32, offset=0))
        step = StepEntry(kind="store", tensor=f"{_UNPACKED}{name}")
        groups.append(_reading("unpack", [height, width, channels], [(name, channels)], step))
    parts = [(f"{_UNPACKED}{name}" if name in packed else name, math.prod(entries[name].shape)) for name in names]
    total = sum(size for _, size in parts)
    groups.append(_reading("channels", [1, 1, total], parts, StepEntry(kind="store", tensor=RESULT)))
    placed, end = [], 0
    for tensor in tensors:
        height, width, channels = tensor.shape
        placed.append(tensor.model_copy(update={"offset": end}))
        end += -(-size_bytes((height, width, channels), tensor.bits) // BLOB_ALIGNMENT) * BLOB_ALIGNMENT
    spread = Header(
        name=header.name,
        input_shape=header.input_shape,
        outputs=total,
        arena_bytes=end,
        tensors=placed,
        blobs=header.blobs,
        groups=[group for group in groups if any(step.kind in WRITING_STEPS for step in group.steps)],
    )
    made = PackedNetwork(spread, network.numbers)
    check(made)
    return made


def _without_result(group: GroupEntry) -> GroupEntry:
    return group.model_copy(update={"steps": [step for step in group.steps if step.tensor != RESULT]})


def _reading(source: str, shape: list[int], parts: list[tuple[str, int]], step: StepEntry) -> GroupEntry:
    """A group that only reads: windows of one pixel, nothing padded."""
    return GroupEntry(
        name=step.tensor or "",
        path="",
        layers=[],
        source=source,
        geometry=[*shape, *shape, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0],
        parts=[PartEntry(tensor=tensor, channels=channels) for tensor, channels in parts],
        weights=[],
        steps=[step],
        macs=0,
    )


def _turned(network: PackedNetwork) -> dict[str, int]:
    """Of each tensor whose bits a max pool turns round: of how many channels (packing/sign_pools.py)."""
    found = {}
    for group in network.header.groups:
        if group.source == "binary_max_pool" and group.parts[0].tensor != ZEROS:
            words = network.blob(group.weights[0])
            found[group.parts[0].tensor] = int(np.unpackbits(words.view(np.uint8)).sum())
    return found
