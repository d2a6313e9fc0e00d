"""Programs of the inference engine for native/test_engine.cc: plain numbers, so that they can be broken at will."""

from __future__ import annotations

import copy
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.packing.drafts import IMAGE, RESULT, SOURCES, STEPS, ZEROS
from bnn_designer.packing.network import PackedNetwork

#: As csrc/engine/group.h numbers them.
_PLACES = {IMAGE: -1, RESULT: -2, ZEROS: -3}
OUTPUTS, REFUSAL, EITHER = 0, 1, 2

_Blob = bytes | None


@dataclass
class RawStep:
    kind: int
    place: int
    arrays: list[_Blob]
    low: float
    high: float


@dataclass
class RawGroup:
    source: int
    geometry: list[int]
    parts: list[list[int]]
    arrays: list[_Blob]
    steps: list[RawStep]


@dataclass
class Case:
    """A program, and what the engine should do with it: give these outputs, refuse it with this reason, or either."""

    name: str
    arena_bytes: int
    image_floats: int
    result_floats: int
    groups: list[RawGroup]
    wanted: int = EITHER
    refusal: str = ""
    images: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    outputs: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def refused(self, refusal: str, change: Any) -> Case:
        """A copy that was broken by `change`, and that the engine should refuse."""
        broken = copy.deepcopy(self)
        change(broken)
        broken.images = np.zeros(0, np.float32)  # one of zeros, of the size that is then asked for
        broken.wanted, broken.refusal, broken.name = REFUSAL, refusal, f"{self.name}, broken: {refusal}"
        return broken


def case_of(network: PackedNetwork, name: str, images: Any, outputs: Any = None) -> Case:
    """What Engine hands over of a network; without outputs it may be refused."""

    def place(tensor: str | None) -> int:
        if tensor is None:
            return 0
        return _PLACES[tensor] if tensor in _PLACES else network.tensors[tensor].offset

    def arrays(indices: list[int]) -> list[_Blob]:
        return [*(network.blob(index).tobytes() for index in indices), None, None][:2]

    groups = [
        RawGroup(
            SOURCES.index(group.source),
            list(group.geometry),
            [[place(part.tensor), part.channels] for part in group.parts],
            arrays(group.weights),
            [
                RawStep(
                    STEPS.index(step.kind),
                    place(step.tensor),
                    arrays(step.numbers),
                    -math.inf if step.low is None else step.low,
                    math.inf if step.high is None else step.high,
                )
                for step in group.steps
            ],
        )
        for group in network.header.groups
    ]
    header = network.header
    made = Case(name, header.arena_bytes, math.prod(header.input_shape), header.outputs, groups)
    made.images = np.ascontiguousarray(images, np.float32)
    if outputs is not None:
        made.wanted, made.outputs = OUTPUTS, np.ascontiguousarray(outputs, np.float32)
    return made


def write_cases(path: Path, cases: Iterable[Case]) -> None:
    """In the order in which native/test_engine.cc reads them; all whole numbers have 64 bits."""
    written = [_bytes_of(case) for case in cases]
    path.write_bytes(_numbers(len(written)) + b"".join(written))


def _bytes_of(case: Case) -> bytes:
    images = (case.images if case.images.size else np.zeros(case.image_floats)).reshape(-1, case.image_floats)
    pieces = [
        _text(case.name),
        _numbers(case.wanted),
        _text(case.refusal),
        _numbers(case.arena_bytes, case.image_floats, case.result_floats, len(images)),
        images.astype(np.float32).tobytes(),
        case.outputs.tobytes() if case.wanted == OUTPUTS else b"",
        _numbers(len(case.groups)),
    ]
    for group in case.groups:
        flat = [number for part in group.parts for number in part]
        pieces.append(_numbers(group.source, *group.geometry, len(group.parts), *flat))
        pieces += map(_array, group.arrays)
        pieces.append(_numbers(len(group.steps)))
        for step in group.steps:
            pieces += [_numbers(step.kind, step.place), *map(_array, step.arrays)]
            pieces.append(struct.pack("<2f", step.low, step.high))
    return b"".join(pieces)


def _numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}q", *values)


def _text(text: str) -> bytes:
    return _numbers(len(text.encode())) + text.encode()


def _array(array: _Blob) -> bytes:
    return _numbers(-1) if array is None else _numbers(len(array)) + array
