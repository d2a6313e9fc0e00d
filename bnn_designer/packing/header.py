"""The header of a packed network's file: which groups run on which tensors, as values that are checked when read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bnn_designer.packing.drafts import SOURCES, STEPS

#: No network comes near these; a file that asks for more is refused before any memory is.
LARGEST_SIZE = 2**20
LARGEST_BYTES = 2**36
MOST_ENTRIES = 100_000

Size = Annotated[int, Field(ge=1, le=LARGEST_SIZE)]
Count = Annotated[int, Field(ge=0, le=LARGEST_SIZE)]
Bytes = Annotated[int, Field(ge=0, le=LARGEST_BYTES)]
Name = Annotated[str, Field(max_length=400)]
Index = Annotated[int, Field(ge=0, lt=MOST_ENTRIES)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TensorEntry(_Frozen):
    """A tensor of the arena, (height, width, channels): floats, whole numbers (8), or words of 64 signs a pixel (1)."""

    name: Name
    shape: Annotated[list[Size], Field(min_length=3, max_length=3)]
    bits: Literal[1, 8, 32]
    offset: Bytes


class BlobEntry(_Frozen):
    """Numbers of the file; ``offset`` counts from the start of the numbers."""

    type: Literal["float32", "uint64", "int8", "int32"]
    shape: Annotated[list[Count], Field(min_length=1, max_length=4)]
    offset: Bytes


class PartEntry(_Frozen):
    """What a source reads: a tensor, ``image``, or ``zeros``."""

    tensor: Name
    channels: Size


class StepEntry(_Frozen):
    """A step; ``low`` and ``high`` are missing where there is no limit."""

    kind: Literal[STEPS]  # type: ignore[valid-type]
    tensor: Name | None = None
    numbers: Annotated[list[Index], Field(max_length=2)] = []
    low: float | None = None
    high: float | None = None


class GroupEntry(_Frozen):
    """A group; ``geometry`` has the 16 numbers of :class:`~bnn_designer.packing.drafts.Geometry`."""

    name: Name
    path: Name
    layers: Annotated[list[Name], Field(max_length=1000)]
    source: Literal[SOURCES]  # type: ignore[valid-type]
    geometry: Annotated[list[Count], Field(min_length=16, max_length=16)]
    parts: Annotated[list[PartEntry], Field(min_length=1, max_length=1000)]
    weights: Annotated[list[Index], Field(max_length=2)]
    steps: Annotated[list[StepEntry], Field(max_length=1000)]
    macs: Annotated[int, Field(ge=0, le=2**60)]


class Header(_Frozen):
    """All of a file but its numbers.

    ``design`` is the design document that was packed, so that the figures that were predicted for it can be shown.
    """

    name: Name
    input_shape: Annotated[list[Size], Field(min_length=3, max_length=3)]
    outputs: Size
    arena_bytes: Bytes
    tensors: Annotated[list[TensorEntry], Field(max_length=MOST_ENTRIES)]
    blobs: Annotated[list[BlobEntry], Field(max_length=MOST_ENTRIES)]
    groups: Annotated[list[GroupEntry], Field(min_length=1, max_length=MOST_ENTRIES)]
    design: dict[str, Any] | None = None
