"""Batch norm and sign behind a binary layer: which sums become +1, where that is one threshold, and where it cannot be.

With the mean and variance that a batch norm remembers, y(s) = gamma (s - mean) / sqrt(variance + epsilon) + beta grows
or falls with the sum s, so that y(s) >= 0 is a comparison of s with one number (Umuroglu et al. 2016, arXiv 1612.07119,
section 4.2.2). Sums are whole and of one parity, so the first that turns out +1 is found by trying them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bnn_designer.compare.dimensions import Choice, varied
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.blocks import (
    BatchNormOptions,
    BinaryConv,
    Block,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Shortcut,
)
from bnn_designer.design.presets import preset
from bnn_designer.lessons.layer_sums import EPSILON, PRODUCTS, FilterSums

RESULT = "batch-norm"
#: Which sums become +1: those of at least a number, of at most one, all, or none.
Side = Literal["at least", "at most", "all", "none"]


@dataclass(frozen=True)
class Rule:
    """Which sums become +1; ``bound`` has no meaning where all or none do."""

    side: Side
    bound: int


@dataclass(frozen=True)
class Norm:
    """A batch norm in use, or none: the sign then reads the sums themselves."""

    gamma: float
    beta: float
    there: bool = True


def normalized(sums: FilterSums, norm: Norm, sum_: int) -> float:
    """What the sign reads for a sum."""
    if not norm.there:
        return float(sum_)
    return norm.gamma * ((sum_ - sums.mean) / math.sqrt(sums.variance + EPSILON)) + norm.beta


def rule(sums: FilterSums, norm: Norm) -> Rule:
    """The comparison that batch norm and sign come down to."""
    positive = [sum_ for sum_ in range(-PRODUCTS, PRODUCTS + 1, 2) if normalized(sums, norm, sum_) >= 0]
    if not positive:
        return Rule("none", 0)
    if len(positive) == PRODUCTS + 1:
        return Rule("all", 0)
    return Rule("at most", positive[-1]) if positive[0] == -PRODUCTS else Rule("at least", positive[0])


def share_of_plus(sums: FilterSums, norm: Norm) -> float:
    """Of the sums that occurred, 0 to 1."""
    return _share(sums, norm, lambda value: value >= 0)


def share_with_gradient(sums: FilterSums, norm: Norm) -> float:
    """Of the sums that occurred, those whose sign lets a gradient through: ``ste_sign`` does between -1 and 1."""
    return _share(sums, norm, lambda value: abs(value) <= 1)


def _share(sums: FilterSums, norm: Norm, wanted: Callable[[float], bool]) -> float:
    found = sum(
        count for place, count in enumerate(sums.counts) if wanted(normalized(sums, norm, sums.lowest + 2 * place))
    )
    return found / sum(sums.counts)


# ---- where the deployed program has a threshold


@dataclass(frozen=True)
class Neighbour:
    """What stands around a binary layer and its batch norm.

    Attributes:
        title: in words.
        says: why it can be one threshold, or what forbids it.
    """

    title: str
    says: str


NEIGHBOURS: dict[str, Neighbour] = {
    "plain": Neighbour(
        "nothing but the next layer",
        "Only a sign reads what the batch norm gives. Both become one whole number a filter, and the layer writes "
        "bits.",
    ),
    "shortcut": Neighbour(
        "a shortcut around the layer",
        "The sum needs the number that the batch norm gives, and not only its sign. The layer multiplies and adds, "
        "and writes floats.",
    ),
    "zeros": Neighbour(
        "zeros as padding",
        "At the edge some inputs are 0, which is no sign. Larq Compute Engine writes floats then, and packs their "
        "signs in a pass of its own.",
    ),
    "pool_first": Neighbour(
        "a max pool, then the batch norm",
        "The pool stands between the layer and its batch norm. Larq Compute Engine pools floats, then multiplies and "
        "adds, then packs.",
    ),
    "batch_norm_first": Neighbour(
        "the batch norm, then a max pool",
        "The sign may move in front of the pool, as the largest of some signs is a sign. The layer writes bits, and "
        "bits are pooled.",
    ),
}
CHANNELS = 64


@dataclass(frozen=True)
class Operator:
    """An operator of the deployed program, from the layer to the next one that multiplies.

    Attributes:
        kind: Larq Compute Engine's or TensorFlow Lite's name.
        constants: the roles of what it reads from the file, but for the layer's kernel.
        written_bytes: its output.
        bits: of an element of it.
    """

    kind: str
    constants: tuple[str, ...]
    written_bytes: int
    bits: int


def around(neighbour: str) -> Design:
    """A network with a binary layer among such neighbours; raises KeyError where there are none of that name."""
    norm = BatchNormOptions()
    layer = BinaryConv(id="layer", filters=CHANNELS, batch_norm=norm)
    bare = layer.model_copy(update={"batch_norm": None})
    middle: dict[str, tuple[Block, ...]] = {
        "plain": (layer,),
        "shortcut": (Shortcut(id="shortcut", body=(layer,)),),
        "zeros": (layer.model_copy(update={"pad_values": 0}),),
        "pool_first": (bare, PoolBatchNorm(id="pool")),
        "batch_norm_first": (bare, PoolBatchNorm(id="pool", order="batch_norm_first")),
    }
    behind = BinaryConv(id="behind", filters=CHANNELS, batch_norm=norm)
    first = Conv(id="first", filters=CHANNELS, strides=(2, 2), batch_norm=norm)
    return Design(name=f"batch-norm, {neighbour}", blocks=(first, *middle[neighbour], behind, GlobalPool(), Head()))


@cache
def operators(neighbour: str) -> tuple[Operator, ...]:
    """From the layer up to what the next one reads; raises KeyError as :func:`around`."""
    program = cost(around(neighbour)).program.operators
    first, end = (
        next(index for index, op in enumerate(program) if op.is_binary and name in op.layers)
        for name in ("layer", "behind")
    )
    return tuple(
        Operator(
            op.kind,
            tuple(constant.role for constant in op.constants if constant.role != "weights"),
            op.output.size_bytes,
            op.output.bits,
        )
        for op in program[first:end]
    )


def is_folded(neighbour: str) -> bool:
    """Whether the layer has a threshold a filter, and writes bits."""
    return operators(neighbour)[0].bits == 1


# ---- without


def without_batch_norm() -> Design:
    """The narrow BinaryNet of the result ``batch-norm``, with none."""
    choices = (Choice("width", "0.25"), Choice("first-last", "float"), Choice("batch-norm", "none"))
    return varied(preset("binarynet"), choices).model_copy(update={"name": "narrow-binarynet, no batch norm"})
