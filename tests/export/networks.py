"""Packed networks made without TensorFlow, of numbers whose sums no order rounds: halves, and few of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnn_designer.packing.drafts import IMAGE, RESULT, ZEROS, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.network import PackedNetwork, assemble
from bnn_designer.packing.places import place_tensors
from bnn_designer.packing.sign_pools import packed_bits
from bnn_designer.packing.sources import packed_kernel

Shape = tuple[int, int, int]


def window(
    shape: Shape,
    filters: int,
    kernel: tuple[int, int] = (1, 1),
    strides: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    pad_value: int = 0,
    same: bool = True,
) -> Geometry:
    """TensorFlow's "same" or "valid"."""
    reach = [dilation[axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
    out = [-(-(shape[axis] if same else shape[axis] - reach[axis] + 1) // strides[axis]) for axis in (0, 1)]
    pads = [max((out[axis] - 1) * strides[axis] + reach[axis] - shape[axis], 0) // 2 * same for axis in (0, 1)]
    return Geometry(*shape, *out, filters, *kernel, *strides, *dilation, pads[0], pads[1], groups, pad_value)


class Draw:
    """Random numbers of networks."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def numbers(self, *shape: int) -> Any:
        """Halves from -1 to 1."""
        return (self.random.integers(-2, 3, shape) / 2).astype(np.float32)

    def signs(self, at: Geometry) -> Any:
        kernel = self.random.choice([-1, 1], (at.taps, at.in_channels // at.groups, at.out_channels))
        return packed_kernel(kernel)

    def threshold(self, at: Geometry, tensor: str) -> StepDraft:
        """Rising, falling and constant filters, with thresholds about the sums that occur."""
        factor = self.random.choice([1, -1, 0], at.out_channels, p=[0.5, 0.4, 0.1]).astype(np.float32)
        middle = np.round(self.random.normal(0, at.products**0.5, at.out_channels))
        offset = np.where(factor == 0, self.random.choice([1, -1], at.out_channels), middle)
        return StepDraft("threshold", tensor, (factor, offset.astype(np.float32)))

    def images(self, network: PackedNetwork, count: int) -> Any:
        return self.numbers(count, *network.header.input_shape)


def group(name: str, source: str, at: Geometry, reads: str, weights: tuple[Any, ...], *steps: StepDraft) -> GroupDraft:
    return GroupDraft(name, f"block/{name}", [name], source, at, [(reads, at.in_channels)], weights, list(steps))


def joined(shape: Shape, groups: list[GroupDraft]) -> PackedNetwork:
    tensors, arena_bytes = place_tensors(groups)
    last = groups[-1].geometry
    return assemble("drawn", shape, last.out_pixels * last.out_channels, groups, tensors, arena_bytes, None)


def of_bits(seed: int) -> PackedNetwork:
    """Signs of an image through binary convolutions of all kinds and a pool of bits: whole numbers all the way."""
    draw = Draw(seed)
    first, second = [int(size) for size in draw.random.choice([8, 32, 40, 64, 96], 2)]
    shape = (9, 8, int(draw.random.choice([3, 33, 64])))
    groups = [group("signs", "channels", Geometry(*shape, *shape), IMAGE, (), StepDraft("sign", "a"))]
    plain = window(shape, first, (3, 3), pad_value=seed % 2)
    groups.append(group("same", "binary_conv", plain, "a", (draw.signs(plain),), draw.threshold(plain, "b")))
    shape = (9, 8, first)
    parts = window(shape, second, (3, 2), (1, 2), groups=4)  # groups of 2 to 24 channels: parts of words
    groups.append(group("grouped", "binary_conv", parts, "b", (draw.signs(parts),), draw.threshold(parts, "c")))
    shape = (9, 4, second)
    pool = window(shape, second, (2, 3), (2, 1))
    turned = packed_bits(draw.random.random(second) < 0.5)
    groups.append(group("pool", "binary_max_pool", pool, "c", (turned,), StepDraft("sign", "d")))
    shape = (5, 4, second)
    holes = window(shape, 37, (2, 3), dilation=(3, 2), pad_value=seed // 2 % 2)
    groups.append(group("holes", "binary_conv", holes, "d", (draw.signs(holes),), draw.threshold(holes, "e")))
    last = window((5, 4, 37), 5, (3, 4), same=False)
    groups.append(group("last", "binary_conv", last, "e", (draw.signs(last),), StepDraft("store", RESULT)))
    return joined((9, 8, groups[0].geometry.in_channels), groups)


def of_all(exponentials: bool) -> PackedNetwork:
    """Every source and every step; those that compute exponentials only if asked, behind all that sums."""
    draw = Draw(5)
    numbers = draw.numbers
    step = StepDraft
    image: Shape = (6, 5, 4)
    frame = Geometry(*image, 8, 7, 4, pad_top=1, pad_left=1, pad_value=1)
    conv = window((8, 7, 4), 6, (3, 3), (2, 2), groups=2, same=False)  # 3 x 3 x 6
    depthwise = window((3, 3, 6), 6, (3, 3))
    pool = window((3, 3, 6), 6, (2, 2))
    wide = Geometry(3, 3, 16, 3, 3, 16)
    binary = window((3, 3, 16), 6, (3, 3), pad_value=1)
    whole = Geometry(3, 3, 6, 1, 1, 6, 3, 3)
    dense = window((1, 1, 54), 7)
    side_by_side = GroupDraft("beside", "block/beside", [], "channels", wide, [("b", 6), (ZEROS, 4), ("d", 6)])
    side_by_side.steps = [step("ternary", high=0.5), step("sign", "e")]
    groups = [
        group("frame", "pad", frame, IMAGE, (), step("clamp", low=-0.5), step("store", "a")),
        group(
            "conv",
            "float_conv",
            conv,
            "a",
            (numbers(2, 18, 3), numbers(6)),
            step("prelu", numbers=(numbers(6),)),
            step("store", "b"),
            step("sign", "c"),
        ),
        group(
            "depthwise",
            "depthwise",
            depthwise,
            "b",
            (numbers(9, 6), numbers(6)),
            step("clamp", high=2.0),
            step("affine", numbers=(numbers(6), numbers(6))),
            step("add", "b"),
            step("store", "d"),
        ),
        side_by_side,
        group("unpack", "unpack", window((3, 3, 6), 6), "c", (), step("multiply", "d"), step("store", "f")),
        group("largest", "max_pool", pool, "f", (), step("levels", high=4.0), step("store", "g")),
        group(
            "binary",
            "binary_conv",
            binary,
            "e",
            (draw.signs(binary),),
            step("affine", numbers=(numbers(6), numbers(6))),
            step("add", "f"),
            step("store", "h"),
        ),
        group("means", "average_pool", pool, "h", (), step("store", "i")),
        group("gate", "max_pool", whole, "g", (), *[step("sigmoid")] * exponentials, step("store", "j")),
        group(
            "gated", "channels", Geometry(3, 3, 6, 3, 3, 6), "i", (), step("scale_channels", "j"), step("store", "k")
        ),
        group(
            "head",
            "float_conv",
            dense,
            "k",
            (numbers(1, 54, 7), numbers(7)),
            step("clamp", low=-2.0, high=2.0),
            *[step("softmax")] * exponentials,
            step("affine", numbers=(numbers(7), numbers(7))),
            step("store", RESULT),
        ),
    ]
    return joined(image, groups)


def of_edges() -> PackedNetwork:
    """Groups of 31 channels, a bit short of a word; and a window whose taps all lie beside the image, which add 0."""
    draw = Draw(7)
    shape: Shape = (1, 4, 62)
    signs = group("signs", "channels", Geometry(*shape, *shape), IMAGE, (), StepDraft("sign", "a"))
    grouped = window(shape, 6, (1, 2), groups=2)
    kept = [StepDraft("store", "b"), StepDraft("sign", "c")]
    beside = window((1, 4, 6), 6, (2, 2), dilation=(2, 1))
    added = [StepDraft("add", "b"), StepDraft("store", RESULT)]
    groups = [
        signs,
        group("grouped", "binary_conv", grouped, "a", (draw.signs(grouped),), *kept),
        group("beside", "binary_conv", beside, "c", (draw.signs(beside),), *added),
    ]
    return joined(shape, groups)


def of_one_dense(weights: Any) -> PackedNetwork:
    """The signs of an image of one pixel, multiplied with a kernel of signs ``[features, units]``."""
    features, units = weights.shape
    at = window((1, 1, features), units)
    signs = group("signs", "channels", Geometry(1, 1, features, 1, 1, features), IMAGE, (), StepDraft("sign", "a"))
    return joined(
        (1, 1, features),
        [signs, group("dense", "binary_conv", at, "a", (packed_kernel(weights[None]),), StepDraft("store", RESULT))],
    )


def of_chain(seed: int) -> PackedNetwork:
    """A float convolution, then binary ones: a pool of bits, a shortcut over one, dense layers at the end."""
    draw = Draw(seed)
    numbers = draw.numbers
    stem = window((8, 8, 3), 24, (3, 3))
    conv = window((8, 8, 24), 40, (3, 3), pad_value=seed % 2)
    pool = window((8, 8, 40), 40, (2, 2), (2, 2))
    shortcut = window((4, 4, 40), 40, (3, 3))
    dense = window((1, 1, 640), 96)
    head = window((1, 1, 96), 10)
    affine = StepDraft("affine", numbers=(numbers(40), numbers(40)))
    groups = [
        group("stem", "float_conv", stem, IMAGE, (numbers(1, 27, 24), numbers(24)), StepDraft("sign", "a")),
        group("conv", "binary_conv", conv, "a", (draw.signs(conv),), draw.threshold(conv, "b")),
        group(
            "pool", "binary_max_pool", pool, "b", (packed_bits(draw.random.random(40) < 0.5),), StepDraft("sign", "c")
        ),
        group(
            "first",
            "binary_conv",
            shortcut,
            "c",
            (draw.signs(shortcut),),
            affine,
            StepDraft("store", "d"),
            StepDraft("sign", "e"),
        ),
        group(
            "second",
            "binary_conv",
            shortcut,
            "e",
            (draw.signs(shortcut),),
            affine,
            StepDraft("add", "d"),
            StepDraft("store", "f"),
        ),
        # Flattened: as a vector of 10 words, of 640 features.
        group("flat", "channels", Geometry(1, 1, 640, 1, 1, 640), "f", (), StepDraft("sign", "g")),
        group("dense", "binary_conv", dense, "g", (draw.signs(dense),), draw.threshold(dense, "h")),
        group("head", "binary_conv", head, "h", (draw.signs(head),), StepDraft("store", RESULT)),
    ]
    return joined((8, 8, 3), groups)


def of_picture(channels: int, name: str = "drawn") -> PackedNetwork:
    """A small classifier of pictures of 8 x 6: floats, signs, a binary convolution, five probabilities."""
    draw = Draw(11)
    shape: Shape = (8, 6, channels)
    first = window(shape, 32, (3, 3), (2, 2))
    second = window((4, 3, 32), 32, (3, 3), pad_value=1)
    whole = Geometry(4, 3, 32, 1, 1, 32, 4, 3)
    head = window((1, 1, 32), 5)
    weights = (draw.numbers(1, 9 * channels, 32), draw.numbers(32))
    last = [StepDraft("affine", numbers=(draw.numbers(5) / 4, draw.numbers(5))), StepDraft("softmax")]
    groups = [
        group(name, "float_conv", first, IMAGE, weights, StepDraft("sign", "a")),
        group("bits", "binary_conv", second, "a", (draw.signs(second),), StepDraft("store", "b")),
        group("means", "average_pool", whole, "b", (), StepDraft("store", "c")),
        group(
            "head",
            "float_conv",
            head,
            "c",
            (draw.numbers(1, 32, 5), draw.numbers(5)),
            *last,
            StepDraft("store", RESULT),
        ),
    ]
    return joined(shape, groups)
