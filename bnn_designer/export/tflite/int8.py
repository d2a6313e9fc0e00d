"""Layers of 8 bits of a packed network as products that LCE's converter makes operators of whole numbers of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnn_designer.graph import Graph, Layer, ops
from bnn_designer.graph.passes import Operator, deploy
from bnn_designer.packing.drafts import Array, Geometry
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.int8 import LARGEST, largest_sum
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.targets.verdict import pads

if TYPE_CHECKING:
    from bnn_designer.nn.fake_quantized import WholeProduct


def whole_products(graph: Graph, network: PackedNetwork) -> list[WholeProduct]:
    """The products of a network's layers of 8 bits, in running order.

    Scales, biases and thresholds are the packed network's. Where only signs are read of a layer they stay exact, though
    LceQuantize takes them of numbers of 8 bits: the output's step is that of the sums, with the threshold as bias, so
    that no sum but 0 becomes 0, however many are cut off at the ends.

    Args:
        graph: of the network.
        network: packed of it.
    """
    layers = {layer.name: layer for layer in graph.layers}
    groups = {group.layers[0]: group for group in network.header.groups if group.source == "int8_conv"}
    found = []
    for operator in deploy(graph).operators:
        if operator.is_int8:
            layer = layers[operator.layers[0]]
            found.append(_product(graph, network, operator, layer, groups[layer.name]))
    return found


def _product(graph: Graph, network: PackedNetwork, operator: Operator, layer: Layer, group: GroupEntry) -> WholeProduct:
    from bnn_designer.nn.fake_quantized import WholeProduct

    at, step = Geometry(*group.geometry), group.steps[0]
    # [groups, taps * channels of a group, filters of a group]
    by_group = network.blob(group.weights[0]).reshape(at.groups, at.products, -1)
    kernel = by_group.transpose(1, 0, 2).reshape(at.kernel_height, at.kernel_width, -1, at.out_channels)
    input_step = _step_of(network, group.parts[0].tensor)
    if step.kind == "requantize":
        bias, multiplier, shift = (row.astype(np.int64) for row in network.blob(step.numbers[0]).reshape(3, -1))
        output_step, zero_point = float(step.high or 0.0), int(step.low or 0)
        kernel_steps = multiplier * 2.0 ** (shift - 31) * output_step / input_step
        kernel_steps = np.where(multiplier == 0, 1.0, kernel_steps)
        kernel, bias = kernel * (multiplier > 0), bias * (multiplier > 0)
    else:  # a threshold: all that read it take signs
        factor, offset = (network.blob(index) for index in step.numbers)
        kernel, bias = with_signs(kernel, factor.astype(np.int64), offset.astype(np.int64))
        output_step, zero_point = input_step, 0
        kernel_steps = np.ones(at.out_channels)
    return WholeProduct(
        operator.layers,
        kernel,
        input_step,
        kernel_steps.astype(np.float32),
        bias,
        output_step,
        zero_point,
        step.kind == "threshold",
        **_laid(graph, layer),
    )


def with_signs(kernel: Array, factor: Array, offset: Array) -> tuple[Array, Array]:
    """Filters and biases whose sums have the thresholds' signs; of a bias beyond all sums nothing more is kept."""
    turned = (kernel * factor).astype(np.int8)
    most = largest_sum(kernel.reshape(-1, kernel.shape[-1])) + LARGEST
    return turned, np.clip(offset, -most, most)


def _step_of(network: PackedNetwork, tensor: str) -> float:
    steps = [step for group in network.header.groups for step in group.steps]
    return next(float(step.high or 0.0) for step in steps if step.kind == "quantize" and step.tensor == tensor)


def _laid(graph: Graph, layer: Layer) -> dict[str, Any]:
    op = layer.op
    if not isinstance(op, ops.Conv2D):
        return {}
    laid: dict[str, Any] = {"strides": op.strides, "dilation": op.dilation, "padding": op.padding}
    if op.pad_values == 1 and op.padding == "same":
        before, every = pads(op, graph.input_shapes(layer)[0], layer.output.shape)
        ones = tuple((first, both - first) for first, both in zip(before, every, strict=True))
        laid |= {"padding": "valid", "ones": ones}
    return laid
