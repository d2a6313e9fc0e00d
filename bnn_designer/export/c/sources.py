"""The C calls for the source of a group: a function a kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnn_designer.export.c.constants import number
from bnn_designer.export.c.writer import C_WORD_BITS, GroupWriter, call, cells, is_threshold, packed_bits, thresholds_of
from bnn_designer.packing.drafts import ZEROS


def _binary_conv(writer: GroupWriter) -> list[str]:
    """Weights are [filter][tap][word], so that a filter's lie in one run; where signs are all that is made of the sums,
    they are written at once."""
    at, group = writer.at, writer.group
    kernel = writer.blob(group.weights[0]).reshape(at.taps, -1, at.out_channels)
    halves = np.ascontiguousarray(kernel.transpose(2, 0, 1)).view("<u4")
    words = -(-(at.in_channels // at.groups) // C_WORD_BITS)
    weights = writer.constants.words(writer.name, "weights", halves[:, :, :words])
    if not is_threshold(group):
        return [f"binary_conv({writer.window()}, {writer.part()}, {weights});"]
    (step,) = group.steps
    factor, offset = (writer.blob(index) for index in step.numbers)
    found, turned = thresholds_of(factor, offset, writer.constants.wide_thresholds)
    thresholds = writer.constants.thresholds(writer.name, found)
    flips = writer.constants.words(writer.name, "turned", packed_bits(turned))
    out = writer.place(str(step.tensor), cells(at.out_channels))
    return call("binary_conv_signs", [writer.window(), writer.part(), weights, thresholds, flips, out])


def _int8_conv(writer: GroupWriter) -> list[str]:
    """Weights are [filter][tap][channel]; what becomes of the sums is part of the call."""
    at, group = writer.at, writer.group
    kernel = writer.blob(group.weights[0]).reshape(at.groups, at.products, -1).transpose(0, 2, 1)
    weights = writer.constants.whole(writer.name, "weights", np.ascontiguousarray(kernel))
    image = writer.bytes_place(group.parts[0].tensor, 0)
    step = group.steps[0]
    if is_threshold(group):
        factor, offset = (writer.blob(index) for index in step.numbers)
        found, turned = thresholds_of(factor, offset, wide=True)
        thresholds = writer.constants.whole(writer.name, "thresholds", found.astype(np.int32))
        flips = writer.constants.words(writer.name, "turned", packed_bits(turned))
        out = writer.place(str(step.tensor), cells(at.out_channels))
        return call("int8_conv_signs", [writer.window(), image, weights, thresholds, flips, out])
    numbers = writer.blob(step.numbers[0]).reshape(3, -1)
    arrays = [
        writer.constants.whole(writer.name, what, one)
        for what, one in zip(("biases", "multipliers", "shifts"), numbers, strict=True)
    ]
    ending = [str(int(step.low or 0)), number(step.high or 0.0)]
    return call("int8_conv", [writer.window(), image, weights, *arrays, *ending])


def _float_conv(writer: GroupWriter) -> list[str]:
    return _weighted(writer, "float_conv")


def _depthwise(writer: GroupWriter) -> list[str]:
    return _weighted(writer, "depthwise_conv")


def _weighted(writer: GroupWriter, function: str) -> list[str]:
    kernel, bias = (writer.blob(index) for index in writer.group.weights)
    weights = writer.constants.floats(writer.name, "weights", kernel)
    return call(function, [writer.window(), writer.part(), weights, writer.constants.floats(writer.name, "bias", bias)])


def _max_pool(writer: GroupWriter) -> list[str]:
    return [f"max_pool({writer.window()}, {writer.part()});"]


def _average_pool(writer: GroupWriter) -> list[str]:
    return [f"average_pool({writer.window()}, {writer.part()});"]


def _binary_max_pool(writer: GroupWriter) -> list[str]:
    channels = writer.at.out_channels
    turned = writer.blob(writer.group.weights[0]).view("<u4")[: -(-channels // C_WORD_BITS)]
    flips = writer.constants.words(writer.name, "turned", turned)
    out = writer.place(str(writer.group.steps[0].tensor), cells(channels))
    return call("binary_max_pool", [writer.window(), writer.part(), flips, out])


def _channels(writer: GroupWriter) -> list[str]:
    calls, first = [], 0
    for part in writer.group.parts:
        if part.tensor == ZEROS:
            calls.append(f"fill({first}, {part.channels}, 0.0f);")
        else:
            calls.append(f"load({first}, {part.channels}, {writer.place(part.tensor, part.channels)});")
        first += part.channels
    return calls


def _unpack(writer: GroupWriter) -> list[str]:
    channels = writer.at.out_channels
    return [f"unpack({channels}, {writer.place(writer.group.parts[0].tensor, cells(channels))});"]


def _pad(writer: GroupWriter) -> list[str]:
    return [f"pad({writer.window()}, {writer.part()});"]


SOURCES: dict[str, Callable[[GroupWriter], list[str]]] = {
    "channels": _channels,
    "float_conv": _float_conv,
    "binary_conv": _binary_conv,
    "depthwise": _depthwise,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "binary_max_pool": _binary_max_pool,
    "unpack": _unpack,
    "pad": _pad,
    "int8_conv": _int8_conv,
}
