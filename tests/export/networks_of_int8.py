"""Packed networks of layers of 8 bits, drawn as those of :mod:`tests.export.networks`: all sums are whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_designer.packing.drafts import IMAGE, RESULT, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.network import PackedNetwork
from tests.export.networks import Draw, Shape, group, joined, window


def of_int8(seed: int) -> PackedNetwork:
    """An image in 8 bits: to signs, through groups and holes to 8 bits again, and to scores; sums are whole numbers."""
    draw = Draw(seed)
    first, second = [int(size) for size in draw.random.choice([8, 33, 40], 2)]

    def weights(at: Geometry) -> tuple[Any]:
        return (
            draw.random.integers(-127, 128, (at.groups, at.products, at.out_channels // at.groups)).astype(np.int8),
        )

    def requantize(at: Geometry) -> StepDraft:
        """Up to some hundred steps of a half about the zero point, so that some filters reach the ends of 8 bits."""
        bias = draw.random.integers(-9000, 9000, at.out_channels)
        factors = draw.random.integers(2**30, 2**31 - 1, at.out_channels)
        shifts = draw.random.choice([-9, -10, -12], at.out_channels)
        numbers = np.stack([bias, factors, shifts]).astype(np.int32)
        return StepDraft("requantize", numbers=(numbers,), low=float(draw.random.integers(-128, 128)), high=0.5)

    def threshold(at: Geometry, tensor: str) -> StepDraft:
        factor = draw.random.choice([1, -1, 0], at.out_channels).astype(np.float32)
        offset = np.where(factor == 0, draw.random.choice([1, -1], at.out_channels), draw.random.integers(-99, 99))
        return StepDraft("threshold", tensor, (factor, offset.astype(np.float32)))

    image: Shape = (5, 4, 4)
    bits = window(image, first, (3, 3), (1, 2))
    parts = window(image, 6, (2, 3), dilation=(2, 1), groups=2)
    again = window((5, 4, 6), second)
    body = window((5, 2, first), second, (3, 3), (1, 1), pad_value=1)
    last = window((1, 1, 5 * 2 * second), 9)
    groups = [
        group("whole", "channels", Geometry(*image, *image), IMAGE, (), StepDraft("quantize", "a", high=0.5)),
        group("to_signs", "int8_conv", bits, "a", weights(bits), threshold(bits, "b")),
        group(
            "grouped", "int8_conv", parts, "a", weights(parts), requantize(parts), StepDraft("quantize", "c", high=2.0)
        ),
        group("again", "int8_conv", again, "c", weights(again), requantize(again), StepDraft("store", "d")),
        group(
            "means", "average_pool", window((5, 4, second), second, (1, 2), (1, 2)), "d", (), StepDraft("store", "e")
        ),
        group(
            "binary",
            "binary_conv",
            body,
            "b",
            (draw.signs(body),),
            StepDraft("add", "e"),
            StepDraft("quantize", "f", high=4.0),
        ),
        group("scores", "int8_conv", last, "f", weights(last), requantize(last), StepDraft("store", RESULT)),
    ]
    return joined(image, groups)


def in_sevenths(network: PackedNetwork) -> PackedNetwork:
    """A copy in which no power of two divides the scales of numbers of 8 bits."""
    groups = []
    for one in network.header.groups:
        steps = [
            step.model_copy(update={"high": step.high / 7}) if step.kind.endswith("quantize") and step.high else step
            for step in one.steps
        ]
        groups.append(one.model_copy(update={"steps": steps}))
    return PackedNetwork(network.header.model_copy(update={"groups": groups}), network.numbers.copy())


def of_wide_int8(seed: int) -> PackedNetwork:
    """Layers of 8 bits whose sums floats need not hold, as every filter has a sum of weights beyond 2^24 / 128."""
    draw = Draw(seed)
    image: Shape = (4, 3, 300)

    def weights(at: Geometry) -> Any:
        return draw.random.choice([-127, -126, 126, 127], (at.groups, at.products, at.out_channels // at.groups))

    bits = window(image, 70, (2, 3), (2, 1))
    parts = window(image, 6, (3, 3), dilation=(1, 2), groups=2)
    offset = draw.random.integers(-(2**20), 2**20, 70).astype(np.float32)
    threshold = StepDraft("threshold", "b", (draw.random.choice([1, -1, 0], 70).astype(np.float32), offset))
    numbers = np.stack([draw.random.integers(-9000, 9000, 6), draw.random.integers(2**30, 2**31 - 1, 6), [-13] * 6])
    requantize = StepDraft(
        "requantize", numbers=(numbers.astype(np.int32),), low=float(draw.random.integers(9)), high=0.5
    )
    flat = GroupDraft("flat", "block/flat", [], "channels", Geometry(1, 1, 212, 1, 1, 212), [("d", 140), ("c", 72)])
    flat.steps = [StepDraft("store", RESULT)]
    return joined(
        image,
        [
            group("whole", "channels", Geometry(*image, *image), IMAGE, (), StepDraft("quantize", "a", high=0.5)),
            group("to_signs", "int8_conv", bits, "a", (weights(bits).astype(np.int8),), threshold),
            group("unpack", "unpack", window((2, 3, 70), 70), "b", (), StepDraft("store", "e")),
            group("largest", "max_pool", Geometry(2, 3, 70, 2, 1, 70, 1, 3), "e", (), StepDraft("store", "d")),
            group(
                "grouped",
                "int8_conv",
                parts,
                "a",
                (weights(parts).astype(np.int8),),
                requantize,
                StepDraft("store", "c"),
            ),
            flat,
        ],
    )
