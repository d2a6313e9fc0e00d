"""One operator of an ONNX file with what it reads: what the functions of all kinds share.

A file has images with channels first, ``[n, c, h, w]``, or last; a design has them last. A flattened image with
channels first is a vector in another order than a design's, so that what reads it has its numbers reordered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import Tensor, ops
from bnn_designer.larq.built import Array, Built, Step, norm
from bnn_designer.larq.onnx.network import FileNode
from bnn_designer.nn.errors import LayerError

MEND = "Change that layer where the file was made, or build this part of the design by hand"
Numbers = npt.NDArray[Any]
#: Rows above, columns before, rows below, columns behind: as ONNX has pads.
Pads = tuple[int, int, int, int]


@dataclass(frozen=True)
class Constant:
    """Numbers that the file has, or that operators make of them alone.

    Attributes:
        values: of signs -1 and 1.
        scale: of signs, against the values; None: they are no signs, or not said to be.
    """

    values: Numbers
    scale: Numbers | None = None

    def numbers(self) -> Numbers:
        return self.values if self.scale is None else self.values * self.scale


@dataclass(frozen=True)
class Value:
    """A tensor that operators hand on.

    Attributes:
        tensor: of the graph.
        signs: it stands for the tensor's signs, which the next layer with a kernel takes, times ``scale``.
        last: the file has the image with channels last.
        order: of a vector that the file has with the channels of an image first: its height, width and channels.
        whole: all numbers are whole.
        frame: pixels that the file has put around it, and of which value.
        limits: it stands for a comparison, true where a number is at least that.
    """

    tensor: Tensor
    signs: bool = False
    scale: float = 1.0
    last: bool = False
    order: tuple[int, ...] | None = None
    whole: bool = False
    frame: tuple[Pads, float] | None = None
    limits: Numbers | None = None

    @property
    def is_image(self) -> bool:
        return len(self.tensor.shape) == 3


@dataclass
class State:
    """What is known of a file while its operators are read.

    Attributes:
        readers: how often each tensor is read.
        norms: factors and offsets of layers that are no more than these, by the layer's name.
    """

    built: Built
    readers: Mapping[str, int]
    norms: dict[str, tuple[Numbers, Numbers]] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """An operator in its place; ``read`` is what it reads, None where something is left out."""

    where: str
    node: FileNode
    read: tuple[Value | Constant | None, ...]
    state: State

    def must(self, holds: bool, rule: str, mend: str = MEND) -> None:
        """Raises LayerError where something does not hold."""
        if not holds:
            raise LayerError(self.where, rule, mend)

    def value(self, index: int = 0, signs: bool = False, frame: bool = False) -> Value:
        """A tensor that it reads; whether it takes signs, and a frame around it."""
        found = self.read[index] if index < len(self.read) else None
        self.must(isinstance(found, Value), f"its input {index} is a constant, or left out, in the place of an image")
        assert isinstance(found, Value)
        rule = "it reads signs as numbers, and in a design signs go into layers with kernels"
        self.must(signs or not found.signs, rule)
        rule = "it reads an image with pixels around it, and in a design convolutions and pools pad by themselves"
        self.must(frame or found.frame is None, rule)
        self.must(found.limits is None, "it reads a comparison, which in a design is a part of a sign")
        return found

    def constant(self, index: int) -> Numbers:
        found = self.read[index] if index < len(self.read) else None
        self.must(isinstance(found, Constant), f"its input {index} is no constant")
        assert isinstance(found, Constant)
        values = found.numbers()
        self.must(values.dtype.kind in "biuf", f"its input {index} has a type that is not read")
        self.must(values.size > 0, f"its input {index} is empty")
        self.must(bool(np.isfinite(values).all()), f"its input {index} has values that are no numbers")
        return values

    def has(self, index: int) -> bool:
        return index < len(self.read) and self.read[index] is not None

    def integer(self, name: str, default: int) -> int:
        found = self.node.attributes.get(name, default)
        self.must(isinstance(found, int), f"its {name} is no whole number")
        return int(found) if isinstance(found, int) else default

    def real(self, name: str, default: float) -> float:
        found = self.node.attributes.get(name, default)
        self.must(isinstance(found, int | float), f"its {name} is no number")
        return float(found) if isinstance(found, int | float) else default

    def integers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        found = self.node.attributes.get(name, default)
        fits = isinstance(found, tuple) and len(found) == len(default) and max(map(abs, found), default=0) < 2**31
        self.must(fits, f"its {name} is not {len(default)} whole numbers")
        return found if isinstance(found, tuple) else default

    def add(self, op: ops.Op, *values: Value, weights: list[Array] | None = None, **changes: Any) -> Value:
        """A layer on values; what it makes, in the place of the first of them."""
        step = Step(op) if weights is None else Step(op, lambda: weights)
        tensor = self.state.built.add(step, tuple(value.tensor for value in values), self.where)
        plain = replace(values[0], tensor=tensor, signs=False, scale=1.0, whole=False, frame=None)
        return replace(plain, **changes)

    def flattened(self, value: Value) -> Value:
        """A vector of an image, in the order that the file has."""
        if not value.is_image:
            return value
        height, width, channels = value.tensor.shape
        order = None if value.last or channels == 1 or height * width == 1 else (height, width, channels)
        found = self.add(ops.Flatten(), value, order=order, last=False)
        return replace(found, signs=value.signs, scale=value.scale, whole=value.whole)

    def per_channel(self, numbers: Numbers, value: Value) -> Numbers:
        """Numbers that stand against a value in the file: one for each of its channels, in a design's order."""
        channels = value.tensor.shape[-1]
        if numbers.size == 1:
            return np.full(channels, numbers.reshape(-1)[0], np.float64)
        rule = f"its constant of the shape {numbers.shape} is not one number for each of {channels} channels"
        self.must(numbers.size == channels, rule)
        if value.order is not None:
            return reordered(numbers.reshape(-1), value.order).astype(np.float64)
        axis = -3 if value.is_image and not value.last else -1
        along = numbers.ndim >= -axis and numbers.shape[axis] == channels
        # A vector may be an image of one pixel in the file.
        along = along or (not value.is_image and numbers.ndim >= 3 and numbers.shape[-3] == channels)
        self.must(along, rule)
        return numbers.reshape(-1).astype(np.float64)

    def affine(self, value: Value, factor: Numbers, offset: Numbers) -> Value:
        """Factor times value plus offset, channel by channel: a batch norm, joined with one before it."""
        norms, built = self.state.norms, self.state.built
        whole = value.whole and bool((np.abs(factor) == 1).all() and (offset == np.rint(offset)).all())
        name = value.tensor.name
        if name in norms and self.state.readers[self.node.inputs[0]] == 1:
            before, plus = norms[name]
            norms[name] = (before * factor, plus * factor + offset)
            built.weights[name] = norm(*norms[name]).weights
            return replace(value, whole=whole)
        step = norm(factor, offset)
        found = self.add(step.op, value, weights=step.weights(), whole=whole)
        norms[found.tensor.name] = (factor, offset)
        return found


def as_float32(numbers: Numbers) -> Array:
    return np.asarray(numbers, np.float32)


def reordered(numbers: Numbers, order: tuple[int, ...]) -> Numbers:
    """Numbers of an image ``[c * h * w, ...]`` as a design has them, ``[h * w * c, ...]``."""
    height, width, channels = order
    rest = numbers.shape[1:]
    turned = np.moveaxis(numbers.reshape(channels, height, width, *rest), 0, 2)
    return turned.reshape(math.prod(order), *rest)
