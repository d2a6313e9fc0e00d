"""How the scores of the classes come about: what the last layer adds up before the softmax, for one image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnn_designer.inspection.between import Left
from bnn_designer.packing.drafts import Geometry
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """What each class's score is the sum of, float64 [classes] each.

    Attributes:
        offset: what it begins with, whatever the image.
        for_it: of the products of inputs and weights, the positive ones.
        against_it: the negative ones.
    """

    offset: FloatArray
    for_it: FloatArray
    against_it: FloatArray


@dataclass(frozen=True)
class Scores:
    """Of all classes, before the softmax.

    Attributes:
        scores: float64 [classes].
        inputs: of how many products each is the sum; 0 where ``parts`` is None.
        parts: None: what makes them is no layer of which each score is one sum.
    """

    scores: FloatArray
    inputs: int = 0
    parts: Parts | None = None


def class_scores(network: PackedNetwork, left: Sequence[Left]) -> Scores | None:
    """The scores of one image; None: the network's output is no softmax of a tensor.

    Args:
        network: packed.
        left: what its groups leave for that image.
    """
    last = network.header.groups[-1]
    values = {one.tensor: one.values for one in left}
    wanted = last.parts[0].tensor
    if [step.kind for step in last.steps] != ["softmax", "store"] or values.get(wanted) is None:
        return None
    scores = np.asarray(values[wanted], np.float64).ravel()
    group = next(one for one in network.header.groups if any(step.tensor == wanted for step in one.steps))
    at = Geometry(*group.geometry)
    inputs = values.get(group.parts[0].tensor)
    is_dense = at.out_pixels == at.taps == at.groups == at.in_height == at.in_width == 1
    make = _PARTS.get((group.source, *(step.kind for step in group.steps)))
    if make is None or not is_dense or inputs is None:
        return Scores(scores)
    return Scores(scores, math.prod(inputs.shape), make(network, group, np.asarray(inputs, np.float64).ravel(), scores))


def _of_floats(network: PackedNetwork, group: GroupEntry, inputs: FloatArray, scores: FloatArray) -> Parts:
    kernel, bias = (network.blob(index).astype(np.float64) for index in group.weights)
    products = inputs[:, None] * kernel.reshape(len(inputs), len(scores))
    return Parts(bias.ravel(), np.maximum(products, 0).sum(axis=0), np.minimum(products, 0).sum(axis=0))


def _of_signs(network: PackedNetwork, group: GroupEntry, inputs: FloatArray, scores: FloatArray) -> Parts:
    """Each product is -1 or 1, so their sum s says how many of n there are of each: (n + s) / 2 and (n - s) / 2."""
    factor, offset = np.ones_like(scores), np.zeros_like(scores)
    if group.steps[0].kind == "affine":
        factor, offset = (network.blob(index).astype(np.float64) for index in group.steps[0].numbers)
    sums = (scores - offset) / np.where(factor == 0, 1, factor)
    turned = np.sign(factor) * np.rint(sums)
    half = np.abs(factor) / 2
    return Parts(offset, half * (len(inputs) + turned), -half * (len(inputs) - turned))


#: By the source and the steps of the group that makes the scores.
_PARTS: dict[tuple[str, ...], Callable[[PackedNetwork, GroupEntry, FloatArray, FloatArray], Parts]] = {
    ("float_conv", "store"): _of_floats,
    ("binary_conv", "affine", "store"): _of_signs,
    ("binary_conv", "store"): _of_signs,
}
