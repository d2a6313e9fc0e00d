"""A packed network as the page's runtime takes it (web/network.js): a header of places, and numbers of 32 bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from bnn_designer.export.c.checks import check
from bnn_designer.export.c.groups import uses_row
from bnn_designer.export.c.writer import is_threshold, packed_bits, thresholds_of
from bnn_designer.export.errors import ExportError
from bnn_designer.packing.drafts import IMAGE, RESULT, ZEROS, Array, Geometry
from bnn_designer.packing.header import GroupEntry, StepEntry
from bnn_designer.packing.network import PackedNetwork

CELL_BYTES = 4
_GEOMETRY = (
    "inHeight",
    "inWidth",
    "inChannels",
    "outHeight",
    "outWidth",
    "outChannels",
    "kernelHeight",
    "kernelWidth",
    "strideHeight",
    "strideWidth",
    "dilationHeight",
    "dilationWidth",
    "padTop",
    "padLeft",
    "groups",
    "padValue",
)


@dataclass(frozen=True)
class PageNetwork:
    """What the runtime runs.

    Attributes:
        header: groups and places; a place is counted in cells of 4 bytes.
        numbers: weights, little end first.
        group_bytes: what of these each group has; arrays that several use count for the first.
    """

    header: dict[str, Any]
    numbers: bytes
    group_bytes: tuple[int, ...]


@dataclass
class _Numbers:
    """Arrays behind one another; equal ones stand once."""

    pieces: list[bytes] = field(default_factory=list)
    cells: int = 0
    _known: dict[bytes, int] = field(default_factory=dict)

    def place(self, array: Array, kind: str) -> int:
        """The cell that an array begins at, as numbers of one of numpy's types; bytes are filled up to a cell."""
        data = np.ascontiguousarray(array.ravel(), kind).tobytes()
        data += bytes(-len(data) % CELL_BYTES)
        if data not in self._known:
            self._known[data] = self.cells
            self.pieces.append(data)
            self.cells += len(data) // CELL_BYTES
        return self._known[data]


@dataclass(frozen=True)
class _Writer:
    network: PackedNetwork
    group: GroupEntry
    numbers: _Numbers

    @property
    def at(self) -> Geometry:
        return Geometry(*self.group.geometry)

    def floats(self, indices: list[int]) -> list[int]:
        return [self.numbers.place(self.network.blob(index), "<f4") for index in indices]

    def cell(self, tensor: str) -> int | None:
        """Where a tensor begins: arena, image and scores lie one behind the other."""
        arena = self.network.header.arena_bytes // CELL_BYTES
        if tensor == ZEROS:
            return None
        if tensor == IMAGE:
            return arena
        if tensor == RESULT:
            return arena + math.prod(self.network.header.input_shape)
        return self.network.tensors[tensor].offset // CELL_BYTES


def page_network(network: PackedNetwork) -> PageNetwork:
    """Raises ExportError, with the block, where the network is not consistent or the runtime has no function."""
    check(network)
    numbers = _Numbers()
    groups, ends = [], [0]
    for group in network.header.groups:
        groups.append(_group(_Writer(network, group, numbers)))
        ends.append(numbers.cells)
    packed = network.header
    rows = [Geometry(*group.geometry).out_channels for group in packed.groups if uses_row(group)]
    image_cells, arena_cells = math.prod(packed.input_shape), packed.arena_bytes // CELL_BYTES
    header = {
        "inputShape": packed.input_shape,
        "scores": packed.outputs,
        "imageCell": arena_cells,
        "imageCells": image_cells,
        "scoresCell": arena_cells + image_cells,
        "cells": arena_cells + image_cells + packed.outputs,
        "rowCells": max(rows, default=0),
        "patchCells": max(map(_patch_words, packed.groups)),
        "groups": groups,
    }
    sizes = tuple(CELL_BYTES * (stop - start) for start, stop in pairwise(ends))
    return PageNetwork(header, b"".join(numbers.pieces), sizes)


def _group(writer: _Writer) -> dict[str, Any]:
    group = writer.group
    source, weights = _known(_SOURCES, group.source, group)(writer)
    return {
        "name": group.path or group.name,
        "source": source,
        "at": dict(zip(_GEOMETRY, group.geometry, strict=True)),
        "parts": [{"cell": writer.cell(part.tensor), "channels": part.channels} for part in group.parts],
        "weights": weights,
        "steps": [_known(_STEPS, step.kind, group)(writer, step) for step in group.steps],
    }


def _patch_words(group: GroupEntry) -> int:
    """Words of signs, or of numbers of 8 bits, under a convolution's window, of one of its groups of channels."""
    at = Geometry(*group.geometry)
    if group.source == "int8_conv":
        return -(-at.products // CELL_BYTES)
    return at.taps * _words(at) if group.source == "binary_conv" else 0


def _words(at: Geometry) -> int:
    return -(-(at.in_channels // at.groups) // 32)


def _known(table: dict[str, Callable[..., Any]], kind: str, group: GroupEntry) -> Callable[..., Any]:
    if kind not in table:
        rule = f"the page's runtime has no function for {kind}"
        raise ExportError(group.path or group.name, rule, "Run the network by the engine")
    return table[kind]


# --------------------------------------------------------------------------------------------------------- sources


def _plain_source(writer: _Writer) -> tuple[str, list[int]]:
    return writer.group.source, writer.floats(writer.group.weights)


def _binary_conv(writer: _Writer) -> tuple[str, list[int]]:
    """A filter's words lie in one run, [filter][tap][word]."""
    at = writer.at
    kernel = writer.network.blob(writer.group.weights[0]).reshape(at.taps, -1, at.out_channels)
    halves = np.ascontiguousarray(kernel.transpose(2, 0, 1)).view("<u4")[:, :, : _words(at)]
    return _with_thresholds(writer, writer.numbers.place(halves, "<u4"))


def _int8_conv(writer: _Writer) -> tuple[str, list[int]]:
    """A filter's whole numbers lie in one run, [filter][tap][channel]."""
    at = writer.at
    kernel = writer.network.blob(writer.group.weights[0]).reshape(at.groups, at.products, -1)
    return _with_thresholds(writer, writer.numbers.place(kernel.transpose(0, 2, 1), "i1"))


def _with_thresholds(writer: _Writer, kernel: int) -> tuple[str, list[int]]:
    """A convolution that leaves its sums; or its signs, where it has thresholds, and words of what these turn."""
    group = writer.group
    if not is_threshold(group):
        return group.source, [kernel]
    factor, offset = (writer.network.blob(index) for index in group.steps[0].numbers)
    thresholds, turned = thresholds_of(factor, offset, wide=True)
    bits = packed_bits(turned)
    return f"{group.source}_signs", [
        kernel,
        writer.numbers.place(thresholds, "<i4"),
        writer.numbers.place(bits, "<u4"),
    ]


def _binary_max_pool(writer: _Writer) -> tuple[str, list[int]]:
    return writer.group.source, [writer.numbers.place(writer.network.blob(writer.group.weights[0]).view("<u4"), "<u4")]


_SOURCES: dict[str, Callable[[_Writer], tuple[str, list[int]]]] = {
    "channels": _plain_source,
    "float_conv": _plain_source,
    "binary_conv": _binary_conv,
    "depthwise": _plain_source,
    "max_pool": _plain_source,
    "average_pool": _plain_source,
    "binary_max_pool": _binary_max_pool,
    "unpack": _plain_source,
    "pad": _plain_source,
    "int8_conv": _int8_conv,
}

# ----------------------------------------------------------------------------------------------------------- steps


def _numbered(writer: _Writer, step: StepEntry) -> dict[str, Any]:
    return {"kind": step.kind, "numbers": writer.floats(step.numbers)}


def _limited(writer: _Writer, step: StepEntry) -> dict[str, Any]:
    """Limits are rounded to 32 bits, as the engine has them."""
    low, high = (None if limit is None else float(np.float32(limit)) for limit in (step.low, step.high))
    return {"kind": step.kind, "low": low, "high": high}


def _placed(writer: _Writer, step: StepEntry) -> dict[str, Any]:
    return {"kind": step.kind, "cell": writer.cell(str(step.tensor))}


def _quantize(writer: _Writer, step: StepEntry) -> dict[str, Any]:
    """The scale is rounded to 32 bits, as the engine has it."""
    return _placed(writer, step) | {"scale": float(np.float32(step.high or 0.0))}


def _requantize(writer: _Writer, step: StepEntry) -> dict[str, Any]:
    """The biases, multipliers and shifts of all filters."""
    return {
        "kind": step.kind,
        "numbers": [writer.numbers.place(row, "<i4") for row in writer.network.blob(step.numbers[0]).reshape(3, -1)],
        "zeroPoint": int(step.low or 0),
        "scale": float(np.float32(step.high or 0.0)),
    }


_STEPS: dict[str, Callable[[_Writer, StepEntry], dict[str, Any]]] = {
    "affine": _numbered,
    "clamp": _limited,
    "prelu": _numbered,
    "sigmoid": _numbered,
    "softmax": _numbered,
    "add": _placed,
    "multiply": _placed,
    "scale_channels": _placed,
    "store": _placed,
    "sign": _placed,
    "threshold": _placed,
    "levels": _limited,
    "ternary": _limited,
    "quantize": _quantize,
    "requantize": _requantize,
}
