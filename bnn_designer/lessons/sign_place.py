"""Where the sign stands between two binary layers, and what the second one then has to multiply with.

Layer A gives eight sums of one channel; behind it may come a batch norm and a shortcut's sum; then layer B reads. Each
step is computed as the product's layers do while they train: the batch norm by the mean and the variance of what it
reads, gamma 1 and beta 0. What B costs is counted by the cost model: with signs as inputs, or with floats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut

#: Behind what the sign stands.
Place = Literal["layer", "batch_norm", "shortcut"]

#: Eight sums of layer A, and what the shortcut carries past it.
SUMS: tuple[float, ...] = (-12, 4, 0, 20, -6, 6, 10, -6)
CARRIED: tuple[float, ...] = (0.7, -1.3, 2.1, -0.4, 0.2, -2.5, -0.1, 1.6)
EPSILON = BatchNormOptions().epsilon
FILTERS = 64
LAYER_B = "binary_conv_2"


@dataclass(frozen=True)
class Step:
    """One step on the way from A to B, with the eight values behind it."""

    name: str
    values: tuple[float, ...]

    @property
    def kind(self) -> str:
        """What kind of numbers they are, in words."""
        different = len(set(self.values))
        if set(self.values) <= {1, -1}:
            return "signs: 1 bit each"
        if all(value == int(value) for value in self.values):
            return "whole numbers"
        return f"floats: {different} different ones"


@dataclass(frozen=True)
class Reader:
    """What layer B is, as deployed.

    Attributes:
        operator: Larq Compute Engine's name.
        macs: multiply-accumulates of one image.
        weight_bytes: its kernel in the file.
        read_bytes: the tensor that it reads.
        packed: what makes bits of it: layer A itself, or a pass of its own; "" where B reads floats.
    """

    operator: str
    macs: int
    weight_bytes: int
    read_bytes: int
    packed: str

    @property
    def is_binary(self) -> bool:
        return self.operator == "LceBconv2d"


@dataclass(frozen=True)
class Arrangement:
    """One arrangement of what stands between A and B."""

    place: Place
    batch_norm: bool
    shortcut: bool

    @property
    def steps(self) -> tuple[Step, ...]:
        """From A's sums to what B reads."""
        found = [Step("Layer A", SUMS)]

        def then(here: Place, name: str, values: Sequence[float]) -> None:
            found.append(Step(name, tuple(values)))
            if self.place == here:
                found.append(Step("Sign", signs(values)))

        if self.place == "layer":
            found.append(Step("Sign", signs(SUMS)))
        if self.batch_norm:
            then("batch_norm", "Batch norm", normalized(found[-1].values))
        if self.shortcut:
            then("shortcut", "Shortcut's sum", tuple(a + b for a, b in zip(found[-1].values, CARRIED, strict=True)))
        return tuple(found)

    @property
    def reads_signs(self) -> bool:
        """Whether what B reads is +1 and -1."""
        return set(self.steps[-1].values) <= {1, -1}

    @property
    def reader(self) -> Reader:
        return _reader(self.reads_signs, self.batch_norm, self.shortcut)

    @property
    def says(self) -> str:
        """Why B is binary, or what stands in the way."""
        if self.reads_signs:
            return "B reads signs, so it is a binary layer."
        if self.place == "layer" and self.batch_norm:
            return "The batch norm scales and shifts the signs. B gets floats and multiplies in float."
        return "The sum adds floats to the signs. B gets floats and multiplies in float."


def arrangements() -> tuple[Arrangement, ...]:
    """All that there are: the sign stands behind the layer, or behind what else is there."""
    found = []
    for batch_norm, shortcut in product((False, True), repeat=2):
        there: dict[Place, bool] = {"layer": True, "batch_norm": batch_norm, "shortcut": shortcut}
        found += [Arrangement(place, batch_norm, shortcut) for place, is_there in there.items() if is_there]
    return tuple(found)


def signs(values: Sequence[float]) -> tuple[float, ...]:
    """+1, of 0 as well, or -1."""
    return tuple(-1 if value < 0 else 1 for value in values)


def normalized(values: Sequence[float]) -> tuple[float, ...]:
    """By their own mean and variance, as a batch norm does while it trains, before its gamma and beta have moved."""
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    return tuple((value - mean) / math.sqrt(variance + EPSILON) for value in values)


def network(reads_signs: bool, batch_norm: bool, shortcut: bool) -> Design:
    """A network with A and B in it; a B that reads floats has binary weights only."""
    norm = BatchNormOptions()
    layer_a = BinaryConv(id="binary_conv_1", filters=FILTERS, batch_norm=norm if batch_norm else None)
    layer_b = BinaryConv(id=LAYER_B, filters=FILTERS, batch_norm=norm)
    if not reads_signs:
        layer_b = layer_b.model_copy(update={"input_quantizer": None, "pad_values": 0})
    return Design(
        name="inputs-quantized" if reads_signs else "outputs-quantized",
        blocks=(
            Conv(filters=FILTERS, strides=(2, 2), batch_norm=norm),
            Shortcut(body=(layer_a,)) if shortcut else layer_a,
            layer_b,
            GlobalPool(),
            Head(),
        ),
    )


@cache
def _reader(reads_signs: bool, batch_norm: bool, shortcut: bool) -> Reader:
    report = cost(network(reads_signs, batch_norm, shortcut))
    op = next(op for op in report.program.operators if LAYER_B in op.layers and op.macs)
    packs = [one for one in report.transitions.inside if one.direction == "pack"]
    kernel = next(constant for constant in op.constants if constant.role == "weights")
    packed = "a pass over the floats" if packs else "layer A writes them"
    value = report.program.values[op.inputs[0]]
    return Reader(op.kind, op.macs, kernel.size_bytes, value.size_bytes, packed if reads_signs else "")
