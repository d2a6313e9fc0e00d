"""What a packed network must keep to before C is written of it: a file may come from anybody, and C checks nothing.

That arrays and tensors have the sizes which their readers take them to have is checked when a network is loaded
(packing/network.py). What the engine checks beyond that (csrc/engine/check.cc) is checked here, as far as the C program
relies on it: it looks at each pixel before it reads it, so the sizes of windows need no check.
"""

from __future__ import annotations

import numpy as np

from bnn_designer.export.c.constants import printable
from bnn_designer.export.errors import ExportError
from bnn_designer.graph.passes.bits import MOST_INT8_PRODUCTS
from bnn_designer.packing.drafts import SUMMING_SOURCES, WRITING_STEPS, Geometry
from bnn_designer.packing.header import GroupEntry, StepEntry
from bnn_designer.packing.network import PackedNetwork

_SAME_CHANNELS = frozenset({"depthwise", "max_pool", "average_pool", "binary_max_pool", "unpack", "pad"})
_SAME_SIZE = frozenset({"unpack"})
_POOLS = frozenset({"max_pool", "average_pool", "binary_max_pool"})
#: Of thresholds, which are one more or negated in 32 bits.
_LARGEST_OFFSET = 2.0**30
_MOST_LEVELS = 65535.0


def check(network: PackedNetwork) -> None:
    """Refuses what no network that was packed here has.

    Raises:
        ExportError: a group, which it names, would read or write what it should not, or divide by zero.
    """
    for group in network.header.groups:
        for holds, rule in _rules(network, group):
            if not holds:
                where = printable(group.path or group.name)
                raise ExportError(where, f"the packed network is not consistent: {rule}", "Pack the network again")


def _rules(network: PackedNetwork, group: GroupEntry) -> list[tuple[bool, str]]:
    at, kinds = Geometry(*group.geometry), [step.kind for step in group.steps]
    same_channels = at.in_channels == at.out_channels and at.groups == 1
    parts = sum(part.channels for part in group.parts)
    rules = [
        (bool(WRITING_STEPS & set(kinds)), "a group writes nothing"),
        (group.source not in _SAME_CHANNELS or same_channels, "channels change"),
        (group.source not in _SAME_SIZE or at.in_height * at.in_width == at.out_pixels, "the shape changes"),
        (group.source not in _POOLS or _reach_the_image(at), "a window lies outside of the image"),
        (group.source != "channels" or parts == at.out_channels, "the parts are not the output's channels"),
        (group.source == "channels" or len(group.parts) == 1, "a group reads one tensor"),
        ("threshold" not in kinds or _alone(group), "thresholds are of a convolution with whole sums"),
        (
            group.source != "int8_conv" or kinds[:1] in (["requantize"], ["threshold"]),
            "sums of 8-bit products are left",
        ),
        ("requantize" not in kinds[group.source == "int8_conv" :], "sums of 8-bit products are gone"),
        (group.source != "int8_conv" or at.products <= MOST_INT8_PRODUCTS, "a sum is too long for 32 bits"),
        (group.source != "int8_conv" or at.pad_value == 0, "8-bit images are padded with zeros"),
        (group.source != "binary_max_pool" or kinds == ["sign"], "a binary pool only packs"),
        (at.pad_value in (0, 1), "outside of the image is neither 0 nor 1"),
    ]
    for step in group.steps:
        levels = 1 <= (step.high or 0) <= _MOST_LEVELS
        rules.append((step.kind != "levels" or levels, "there are 1 to 65535 levels"))
        rules.append((_fits_int8(network, step), "a number of an 8-bit layer is out of range"))
    arrays = [network.blob(index) for index in (*group.weights, *(i for step in group.steps for i in step.numbers))]
    finite = all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f")
    rules.append((finite, "a number is not finite"))
    for step in group.steps:
        if step.kind == "threshold" and finite:
            fits = all((np.abs(network.blob(index)) <= _LARGEST_OFFSET).all() for index in step.numbers)
            rules.append((fits, "a threshold is out of range"))
    return rules


def _alone(group: GroupEntry) -> bool:
    return group.source in SUMMING_SOURCES and len(group.steps) == 1


def _fits_int8(network: PackedNetwork, step: StepEntry) -> bool:
    """Whether the zero point and the scale of a step are of 8 bits, and its factors can be shifted so."""
    if step.kind == "quantize":
        return step.high is not None and step.high > 0
    if step.kind != "requantize":
        return True
    _, multipliers, shifts = network.blob(step.numbers[0]).reshape(3, -1)
    low, high = step.low or 0.0, step.high or 0.0
    shifted = bool((multipliers >= 0).all() and (shifts >= -31).all() and (shifts <= 30).all())
    return shifted and low == int(low) and -128 <= low <= 127 and high > 0


def _reach_the_image(at: Geometry) -> bool:
    """Whether each window of a pool has a pixel of the image under it."""
    below = (at.out_height - 1) * at.stride_height - at.pad_top < at.in_height
    beside = (at.out_width - 1) * at.stride_width - at.pad_left < at.in_width
    inside = at.pad_top < at.kernel_height and at.pad_left < at.kernel_width
    return below and beside and inside and at.dilation_height == at.dilation_width == 1
