"""What the source of a packed group is in nodes, one function a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bnn_designer.export.c.constants import printable
from bnn_designer.export.errors import ExportError
from bnn_designer.export.nodes.building import Building, Signs
from bnn_designer.export.nodes.node import Array, Shape, Window, by_channel
from bnn_designer.packing.drafts import READING_STEPS, WORD_BITS, ZEROS, Geometry
from bnn_designer.packing.header import GroupEntry, StepEntry
from bnn_designer.packing.int8 import LARGEST, largest_sum

#: The node of a group's source, and the steps that are left.
Started = tuple[str, list[StepEntry]]


def _out(at: Geometry) -> Shape:
    return at.out_channels, at.out_height, at.out_width


def _binary_conv(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    kernel = unpacked_kernel(building.network.blob(group.weights[0]), at)
    node = building.taken(group.parts[0].tensor)
    numbers = {"groups": at.groups, "pad_value": at.pad_value}
    return _summed(building, group, "binary_conv", node, kernel, numbers, at.products)


def _int8_conv(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    kernel = _joined(building.network.blob(group.weights[0]), at)
    if kernel.min() < -LARGEST:
        where = printable(group.path or group.name)
        rule = f"the packed network is not consistent: a weight of 8 bits is {kernel.min()}"
        raise ExportError(where, rule, "Pack the network again")
    largest = max(largest_sum(kernel.reshape(-1, at.out_channels)), 1)
    node = building.values[group.parts[0].tensor]
    return _summed(building, group, "int8_conv", node, kernel, {"groups": at.groups}, largest)


def _summed(
    building: Building,
    group: GroupEntry,
    kind: str,
    node: str,
    kernel: Array,
    numbers: Mapping[str, float],
    largest: int,
) -> Started:
    """A convolution with whole sums, of which thresholds may be taken; their magnitude is ``largest`` at most."""
    at, steps = Geometry(*group.geometry), list(group.steps)
    signs, at_least = None, None
    if steps[0].kind == "threshold":
        factor, offset = (building.network.blob(index) for index in steps[0].numbers)
        never = largest + 1  # no sum reaches it
        kernel = np.where(factor < 0, -kernel, kernel)
        at_least = np.where(factor == 0, np.where(offset < 0, never, -never), np.clip(-offset, -never, never))
        signs = steps.pop(0).tensor
    node, filters, window = building.kernel(node, at, kernel)
    value = building.add(kind, (node,), _out(at), window=window, numbers=numbers, arrays={"filters": filters})
    if signs is not None and at_least is not None:
        building.signs[signs] = Signs(value, by_channel(at_least.astype(np.float32), _out(at)))
    return value, steps


def _joined(kernel: Array, at: Geometry) -> Array:
    """[groups, taps * channels of a group, filters of a group] to [taps, channels of a group, filters]."""
    joined = kernel.reshape(at.groups, -1, at.out_channels // at.groups).transpose(1, 0, 2)
    return joined.reshape(at.taps, -1, at.out_channels)


def _conv(building: Building, node: str, filters: Array, bias: Array, at: Geometry, window: Window) -> str:
    arrays = {"filters": filters.astype(np.float32), "bias": bias}
    return building.add("conv", (node,), _out(at), window=window, numbers={"groups": at.groups}, arrays=arrays)


def _float_conv(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    kernel, bias = (building.network.blob(index) for index in group.weights)
    node, filters, window = building.kernel(building.values[group.parts[0].tensor], at, _joined(kernel, at))
    return _conv(building, node, filters, bias.reshape(-1), at, window), list(group.steps)


def _depthwise(building: Building, group: GroupEntry) -> Started:
    at = replace(Geometry(*group.geometry), groups=Geometry(*group.geometry).in_channels)
    kernel, bias = (building.network.blob(index) for index in group.weights)
    node, filters, window = building.kernel(
        building.values[group.parts[0].tensor], at, kernel.reshape(at.taps, 1, at.out_channels)
    )
    return _conv(building, node, filters, bias.reshape(-1), at, window), list(group.steps)


def _pool(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    node = building.shaped(building.values[group.parts[0].tensor], (at.in_channels, at.in_height, at.in_width))
    return building.add(group.source, (node,), _out(at), window=Window.of(at)), list(group.steps)


def _binary_max_pool(building: Building, group: GroupEntry) -> Started:
    """Of what the signs are of, whose largest is above its threshold if any is; turned ones must be taken before."""
    at, tensor = Geometry(*group.geometry), group.parts[0].tensor
    signs = building.signs[tensor]
    if signs.turned is not None or building.shape(signs.value) != (at.in_channels, at.in_height, at.in_width):
        signs = Signs(building.shaped(building.taken(tensor), (at.in_channels, at.in_height, at.in_width)))
    value = building.add("max_pool", (signs.value,), _out(at), window=Window.of(at))
    turned = unpacked_bits(building.network.blob(group.weights[0]), at.out_channels)
    for step in group.steps:
        assert step.tensor is not None
        building.signs[step.tensor] = Signs(
            value, signs.at_least, by_channel(turned, _out(at)) if turned.any() else None
        )
    return value, []


def _unpack(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    return building.shaped(building.taken(group.parts[0].tensor), _out(at)), list(group.steps)


def _pad(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    node = building.shaped(building.values[group.parts[0].tensor], (at.in_channels, at.in_height, at.in_width))
    begin = (at.pad_top, at.pad_left)
    end = (at.out_height - at.in_height - at.pad_top, at.out_width - at.in_width - at.pad_left)
    window = Window((1, 1), pads_begin=begin, pads_end=end)
    return building.add("pad", (node,), _out(at), window=window, numbers={"value": float(at.pad_value)}), list(
        group.steps
    )


def _channels(building: Building, group: GroupEntry) -> Started:
    at = Geometry(*group.geometry)
    first = group.parts[0].tensor
    if len(group.parts) == 1 and not READING_STEPS & {step.kind for step in group.steps} and first != ZEROS:
        # A flattened image stays an image, unless its features are compared with each other or with another tensor's.
        node = building.values[first]
        softmax = any(step.kind == "softmax" for step in group.steps)
        return (building.shaped(node, _out(at)) if softmax else node), list(group.steps)
    found: list[str] = []
    before = 0
    for part in group.parts:
        if part.tensor == ZEROS:
            before += part.channels
            continue
        shape = (part.channels, at.out_height, at.out_width)
        node = building.shaped(building.values[part.tensor], shape)
        found.append(_behind_zeros(building, node, before, 0))
        before = 0
    if not found:
        where = printable(group.path or group.name)
        raise ExportError(
            where, "the packed network is not consistent: a group reads nothing", "Pack the network again"
        )
    if before:
        found[-1] = _behind_zeros(building, found[-1], 0, before)
    value = found[0] if len(found) == 1 else building.add("concatenate", tuple(found), _out(at))
    return value, list(group.steps)


def _behind_zeros(building: Building, node: str, before: int, behind: int) -> str:
    if not before + behind:
        return node
    channels, height, width = building.shape(node)
    shape = (before + channels + behind, height, width)
    return building.add("pad_channels", (node,), shape, numbers={"before": before, "behind": behind})


SOURCES: dict[str, Callable[[Building, GroupEntry], Started]] = {
    "channels": _channels,
    "float_conv": _float_conv,
    "binary_conv": _binary_conv,
    "int8_conv": _int8_conv,
    "depthwise": _depthwise,
    "max_pool": _pool,
    "average_pool": _pool,
    "binary_max_pool": _binary_max_pool,
    "unpack": _unpack,
    "pad": _pad,
}


def unpacked_bits(words: Array, count: int) -> Array:
    """The first bits of 64-bit words, the lowest first."""
    octets = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little")[..., :count].astype(bool)


def unpacked_kernel(words: Array, at: Geometry) -> Array:
    """Signs ``[taps, channels of a group, filters]`` of words ``[taps, words, filters]``: -1 where a bit is set."""
    channels = at.in_channels // at.groups
    lanes = words.reshape(at.taps, -(-channels // WORD_BITS), at.out_channels).transpose(0, 2, 1)
    bits = unpacked_bits(np.ascontiguousarray(lanes), channels)
    return np.where(bits, -1, 1).astype(np.int8).transpose(0, 2, 1)
