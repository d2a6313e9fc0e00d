"""Random configurations of every layer, in words that Larq and this project both read; see `peer_layers`."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import numpy.typing as npt

#: By layer: axes of the image (0: a dense layer), and the names of its kernels in arguments.
KINDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "QuantDense": (0, ("kernel",)),
    "QuantConv1D": (1, ("kernel",)),
    "QuantConv2D": (2, ("kernel",)),
    "QuantConv3D": (3, ("kernel",)),
    "QuantConv2DTranspose": (2, ("kernel",)),
    "QuantConv3DTranspose": (3, ("kernel",)),
    "QuantDepthwiseConv2D": (2, ("depthwise",)),
    "QuantSeparableConv1D": (1, ("depthwise", "pointwise")),
    "QuantSeparableConv2D": (2, ("depthwise", "pointwise")),
}
Quantizer = tuple[str, dict[str, Any]] | None
_SIGNS: tuple[Quantizer, ...] = (
    ("SteSign", {}),
    ("SteSign", {"clip_value": 1.3}),
    ("SteSign", {"clip_value": None}),
    ("ApproxSign", {}),
    ("SwishSign", {"beta": 4.0}),
)
INPUT_QUANTIZERS: tuple[Quantizer, ...] = (None, *_SIGNS, *_SIGNS, ("SteTern", {}), ("DoReFa", {"k_bit": 2}))
KERNEL_QUANTIZERS: tuple[Quantizer, ...] = (
    None,
    *_SIGNS,
    *_SIGNS,
    ("SteTern", {}),
    ("MagnitudeAwareSign", {}),
    ("MagnitudeAwareSign", {}),
    ("DoReFa", {"k_bit": 3, "mode": "weights"}),
)


def case(kind: str, seed: int) -> tuple[dict[str, Any], list[npt.NDArray[np.float32]]]:
    """One configuration of a layer, and its arrays: input and weights."""
    rng = random.Random(f"{kind}/{seed}")
    axes, kernels = KINDS[kind]
    arguments: dict[str, Any] = {
        "use_bias": rng.random() < 0.5,
        "activation": rng.choice([None, None, "relu"]),
        "input_quantizer": rng.choice(INPUT_QUANTIZERS),
        **{f"{kernel}_quantizer": rng.choice(KERNEL_QUANTIZERS) for kernel in kernels},
    }
    shapes: list[tuple[int, ...]]
    channels, filters = rng.choice([2, 4, 8, 20]), rng.choice([2, 4, 6])
    if not axes:
        arguments["units"] = filters
        shapes = [(3, *[2] * rng.randrange(2), channels), (channels, filters)]
    else:
        shapes = _convolution(rng, kind, axes, channels, filters, arguments)
    if arguments["use_bias"]:
        shapes.append((shapes[-1][2] * shapes[-1][3] if kind == "QuantDepthwiseConv2D" else filters,))
    numbers = np.random.default_rng(rng.randrange(2**32))
    arrays = [numbers.normal(size=shape).astype(np.float32) for shape in shapes]
    return {"layer": kind, "arguments": arguments, "weights": len(shapes) - 1}, arrays


def _convolution(
    rng: random.Random, kind: str, axes: int, channels: int, filters: int, arguments: dict[str, Any]
) -> list[tuple[int, ...]]:
    """Adds the arguments of a convolution; gives the shapes of input and kernels."""
    transposed, depthwise = kind.endswith("Transpose"), "Depthwise" in kind or "Separable" in kind
    window = [rng.choice([1, 2, 3, 4] if axes < 3 else [1, 2, 3]) for _ in range(axes)]
    strides, dilation = [1] * axes, [1] * axes
    if rng.random() < 0.5:
        # TensorFlow's depthwise convolutions take the same stride on both axes only.
        strides = [rng.choice([2, 3])] * axes if depthwise else [rng.choice([1, 2, 3]) for _ in range(axes)]
    elif rng.random() < 0.4 and axes < 3 and not transposed:
        dilation = [2] * axes
    padding = rng.choice(["valid", "same", "same", *(["causal"] if axes == 1 else [])])
    arguments.update(kernel_size=window, strides=strides, padding=padding, dilation_rate=dilation)
    if padding == "same" and not transposed:
        arguments["pad_values"] = rng.choice([0.0, 0.0, 1.0, -1.0, 0.5])
    if "Depthwise" not in kind:
        arguments["filters"] = filters
    image = (2, *[rng.choice([7, 8, 9] if axes < 3 else [5, 6]) for _ in range(axes)], channels)
    if transposed:
        return [image, (*window, filters, channels)]
    if depthwise:
        multiplier = arguments["depth_multiplier"] = rng.choice([1, 2])
        pointwise = [(*[1] * axes, channels * multiplier, filters)] if "Separable" in kind else []
        return [image, (*window, channels, multiplier), *pointwise]
    groups = arguments["groups"] = rng.choice([1, 1, 2]) if kind == "QuantConv2D" else 1
    return [image, (*window, channels // groups, filters)]
