"""A packed network in memory: its header and its numbers, and whether they fit together."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bnn_designer.packing.drafts import (
    IMAGE,
    READING_STEPS,
    RESULT,
    WRITING_STEPS,
    ZEROS,
    Geometry,
    GroupDraft,
    read_bits,
    word_count,
    written_bits,
)
from bnn_designer.packing.header import BlobEntry, GroupEntry, Header, PartEntry, StepEntry, TensorEntry
from bnn_designer.packing.places import ArenaTensor, size_bytes

#: Every array of numbers starts at a multiple of so many bytes.
BLOB_ALIGNMENT = 64
_NumberType = Literal["float32", "uint64", "int8", "int32"]
_TYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "uint64": np.dtype("<u8"),
    "int8": np.dtype("i1"),
    "int32": np.dtype("<i4"),
}
#: Whole numbers are kept as they are; all else as floats.
_KEPT: dict[str, _NumberType] = {"uint64": "uint64", "int8": "int8", "int32": "int32"}


class MisfitError(ValueError):
    """Two parts of a packed network that do not fit together; its text is the rule."""


@dataclass(frozen=True)
class PackedNetwork:
    """What the engine runs.

    Attributes:
        header: the groups, tensors and places.
        numbers: bytes of all arrays, each where its entry says.
    """

    header: Header
    numbers: npt.NDArray[np.uint8]

    def blob(self, index: int) -> npt.NDArray[Any]:
        """An array of the file, not copied."""
        entry = self.header.blobs[index]
        dtype = _TYPES[entry.type]
        stop = entry.offset + math.prod(entry.shape) * dtype.itemsize
        array: npt.NDArray[Any] = self.numbers[entry.offset : stop].view(dtype).reshape(entry.shape)
        return array

    @cached_property
    def tensors(self) -> dict[str, TensorEntry]:
        return {tensor.name: tensor for tensor in self.header.tensors}

    @property
    def weight_bytes(self) -> int:
        return len(self.numbers)


def assemble(
    name: str,
    input_shape: tuple[int, ...],
    outputs: int,
    groups: list[GroupDraft],
    tensors: tuple[ArenaTensor, ...],
    arena_bytes: int,
    design: dict[str, Any] | None,
) -> PackedNetwork:
    """Puts groups, tensors and numbers together; equal arrays stand in the file once."""
    found = _Numbers()
    entries = [
        GroupEntry(
            name=group.name,
            path=group.path,
            layers=group.layers,
            source=group.source,
            geometry=list(astuple(group.geometry)),
            parts=[PartEntry(tensor=tensor, channels=channels) for tensor, channels in group.parts],
            weights=[found.index(array) for array in group.weights],
            steps=[
                StepEntry(
                    kind=step.kind,
                    tensor=step.tensor,
                    numbers=[found.index(array) for array in step.numbers],
                    low=step.low if math.isfinite(step.low) else None,
                    high=step.high if math.isfinite(step.high) else None,
                )
                for step in group.steps
            ],
            macs=group.macs,
        )
        for group in groups
    ]
    header = Header(
        name=name[:400],
        input_shape=list(input_shape),
        outputs=outputs,
        arena_bytes=arena_bytes,
        tensors=[
            TensorEntry(name=one.name, shape=list(one.shape), bits=_bits(one.bits), offset=one.offset)
            for one in tensors
        ],
        blobs=found.entries,
        groups=entries,
        design=design,
    )
    network = PackedNetwork(header, found.joined())
    check(network)
    return network


def _bits(bits: int) -> Literal[1, 8, 32]:
    return 1 if bits == 1 else 8 if bits == 8 else 32


class _Numbers:
    def __init__(self) -> None:
        self.entries: list[BlobEntry] = []
        self._pieces: list[bytes] = []
        self._size = 0
        self._known: dict[tuple[bytes, str, tuple[int, ...]], int] = {}

    def index(self, array: npt.NDArray[Any]) -> int:
        kind: _NumberType = _KEPT.get(array.dtype.name, "float32")
        data = np.ascontiguousarray(array, _TYPES[kind]).tobytes()
        key = (data, kind, array.shape)
        if key not in self._known:
            self._known[key] = len(self.entries)
            self.entries.append(BlobEntry(type=kind, shape=list(array.shape), offset=self._size))
            padded = data + bytes(-len(data) % BLOB_ALIGNMENT)
            self._pieces.append(padded)
            self._size += len(padded)
        return self._known[key]

    def joined(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(b"".join(self._pieces), np.uint8)


def check(network: PackedNetwork) -> None:
    """Whether every array and tensor is where it should be and of the size that its reader takes it to have.

    Raises:
        MisfitError: it is not. What remains unchecked here, the engine checks before it runs (csrc/engine/check.cc).
    """
    header = network.header
    for index, blob in enumerate(header.blobs):
        stop = blob.offset + math.prod(blob.shape) * _TYPES[blob.type].itemsize
        if blob.offset % BLOB_ALIGNMENT or stop > len(network.numbers):
            raise MisfitError(f"array {index} lies at bytes {blob.offset} to {stop} of {len(network.numbers)}")
    if len(network.tensors) != len(header.tensors) or network.tensors.keys() & {IMAGE, RESULT, ZEROS}:
        raise MisfitError("two tensors have one name")
    for tensor in header.tensors:
        height, width, channels = tensor.shape
        stop = tensor.offset + size_bytes((height, width, channels), tensor.bits)
        if tensor.offset % BLOB_ALIGNMENT or stop > header.arena_bytes:
            raise MisfitError(f"tensor {tensor.name} lies at bytes {tensor.offset} to {stop} of {header.arena_bytes}")
    written = {IMAGE}
    for group in header.groups:
        try:
            _check_group(network, group, written)
        except MisfitError as error:
            raise MisfitError(f"group {group.name}: {error}") from None
        written.update(step.tensor for step in group.steps if step.kind in WRITING_STEPS and step.tensor)
    if RESULT not in written:
        raise MisfitError("no group makes the output")


def _check_group(network: PackedNetwork, group: GroupEntry, written: set[str]) -> None:
    at = Geometry(*group.geometry)
    if min(group.geometry[:12]) < 1 or at.groups < 1 or at.in_channels % at.groups or at.out_channels % at.groups:
        raise MisfitError(f"a shape is not possible: {group.geometry}")
    for part in group.parts:
        if group.source == "channels":
            if part.tensor != ZEROS:
                _check_tensor(network, part.tensor, at.out_pixels, part.channels, 32, written)
        else:
            bits, pixels = read_bits(group.source), at.in_height * at.in_width
            _check_tensor(network, part.tensor, pixels, at.in_channels, bits, written)
    filters, words = at.out_channels, word_count(at.in_channels)
    group_words = word_count(at.in_channels // at.groups)
    weights = {
        "float_conv": [("float32", at.products * filters), ("float32", filters)],
        "binary_conv": [("uint64", at.taps * group_words * filters)],
        "binary_max_pool": [("uint64", words)],
        "depthwise": [("float32", at.taps * filters), ("float32", filters)],
        "int8_conv": [("int8", at.products * filters)],
    }.get(group.source, [])
    _check_blobs(network, group.weights, weights)
    made = set(written)
    for step in group.steps:
        # Pixel by pixel a group may read again what it has stored; numbers for all pixels come from another group.
        _check_step(network, step, at, written if step.kind == "scale_channels" else made)
        if step.kind == "store" and step.tensor:
            made.add(step.tensor)


def _check_step(network: PackedNetwork, step: StepEntry, at: Geometry, written: set[str]) -> None:
    needed = [("float32", at.out_channels)] * {"affine": 2, "threshold": 2, "prelu": 1}.get(step.kind, 0)
    if step.kind == "requantize":
        needed = [("int32", 3 * at.out_channels)]
    _check_blobs(network, step.numbers, needed)
    if (step.tensor is None) == (step.kind in READING_STEPS | WRITING_STEPS):
        raise MisfitError(f"step {step.kind} and its tensor {step.tensor} do not go together")
    if step.tensor is None:
        return
    if step.kind in READING_STEPS:
        pixels = 1 if step.kind == "scale_channels" else at.out_pixels
        _check_tensor(network, step.tensor, pixels, at.out_channels, 32, written)
    elif step.tensor == RESULT:
        if written_bits(step.kind) != 32 or at.out_pixels * at.out_channels != network.header.outputs:
            raise MisfitError(f"the output has {network.header.outputs} numbers, not {at.out_pixels * at.out_channels}")
    else:
        _check_tensor(network, step.tensor, at.out_pixels, at.out_channels, written_bits(step.kind), None)


def _check_tensor(
    network: PackedNetwork, name: str, pixels: int, channels: int, bits: int, written: set[str] | None
) -> None:
    """A tensor may be read in another shape; what counts is its size."""
    if written is not None and name not in written:
        raise MisfitError(f"tensor {name} is read before it is made")
    needed = size_bytes((1, pixels, channels), bits)
    if name == IMAGE:
        found, kind = math.prod(network.header.input_shape) * 4, 32
    elif name in network.tensors:
        height, width, depth = network.tensors[name].shape
        kind = network.tensors[name].bits
        found = size_bytes((height, width, depth), kind)
    else:
        raise MisfitError(f"there is no tensor {name}")
    if (found, kind) != (needed, bits):
        raise MisfitError(f"tensor {name} has {found} bytes of {kind} bits, and {needed} of {bits} are needed")


def _check_blobs(network: PackedNetwork, indices: list[int], expected: list[tuple[str, int]]) -> None:
    if len(indices) != len(expected):
        raise MisfitError(f"it has {len(indices)} arrays, and {len(expected)} are needed")
    for index, (kind, size) in zip(indices, expected, strict=True):
        if index >= len(network.header.blobs):
            raise MisfitError(f"there is no array {index}")
        blob = network.header.blobs[index]
        if blob.type != kind or math.prod(blob.shape) != size:
            raise MisfitError(f"array {index} is {blob.type} {blob.shape}, and {size} of {kind} are needed")
