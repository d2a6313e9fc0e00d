"""Networks of one layer, made without TensorFlow: other processes make them too, and load in no time."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_designer.packing.drafts import RESULT, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.network import PackedNetwork, assemble


def layer(
    size: tuple[int, int],
    channels: int,
    filters: int,
    kernel: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    same: bool = True,
) -> tuple[PackedNetwork, Any]:
    """A network of one convolution, and its weights ``[taps * channels / groups, filters]`` and bias."""
    reach = [dilation[axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
    out = [-(-(size[axis] if same else size[axis] - reach[axis] + 1) // strides[axis]) for axis in (0, 1)]
    before = [max((out[axis] - 1) * strides[axis] + reach[axis] - size[axis], 0) // 2 if same else 0 for axis in (0, 1)]
    geometry = Geometry(*size, channels, *out, filters, *kernel, *strides, *dilation, *before, groups)
    draw = np.random.default_rng(3)
    weights = draw.normal(0, 1, (geometry.products, filters)).astype(np.float32)
    bias = draw.normal(0, 1, filters).astype(np.float32)
    parts = np.ascontiguousarray(weights.reshape(-1, groups, filters // groups).transpose(1, 0, 2))
    steps = [StepDraft("store", RESULT)]
    group = GroupDraft("conv", "conv", ["conv"], "float_conv", geometry, [("image", channels)], (parts, bias), steps)
    outputs = geometry.out_pixels * filters
    return assemble("conv", (*size, channels), outputs, [group], (), 0, None), (weights, bias)
