"""The shape rules: one function a kind of operation, and errors that name the block.

Sizes follow TensorFlow: "same" gives ``ceil(size / stride)``; "valid" gives
``floor((size - effective kernel) / stride) + 1`` where the effective kernel of dilation d is ``d * (k - 1) + 1``. So
"same" takes windows that are larger than the input: the rest of them lies in the padding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bnn_designer.design.vocabulary import Padding, Pair
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.units import shape_text

Shape = tuple[int, ...]


def output_shape(op: ops.Op, inputs: tuple[Shape, ...], path: str) -> Shape:
    """The shape, without the batch axis, of what ``op`` makes of ``inputs``.

    Raises:
        DesignError: where the inputs do not fit the operation; it names ``path`` and the shapes.
    """
    return SHAPES[type(op)](op, inputs, path)


def _windows(size: Pair, window: Pair, strides: Pair, padding: Padding, path: str, what: str) -> Pair:
    """How many windows there are on each axis; with "valid" padding a window must fit into what it slides over."""
    if padding == "same":
        return math.ceil(size[0] / strides[0]), math.ceil(size[1] / strides[1])
    if window[0] > size[0] or window[1] > size[1]:
        raise DesignError(
            path,
            f'the {what} of {shape_text(window)} is larger than its input of {shape_text(size)}, and with "valid" '
            "padding it must fit",
            f'Use "same" padding or a {what} of at most {shape_text(size)}, or reduce the size less in the blocks '
            "before it",
        )
    return (size[0] - window[0]) // strides[0] + 1, (size[1] - window[1]) // strides[1] + 1


def _image(inputs: tuple[Shape, ...], path: str, what: str) -> Shape:
    (shape,) = inputs
    if len(shape) != 3:
        raise DesignError(
            path,
            f"{what} needs an image (height x width x channels), but is given a vector of {shape_text(shape)} features",
            "Move it before the flatten or global pool block, or use a dense block here",
        )
    return shape


def _conv2d(op: ops.Conv2D, inputs: tuple[Shape, ...], path: str) -> Shape:
    channels = _image(inputs, path, "a convolution")[2]
    if channels % op.groups or op.filters % op.groups:
        raise DesignError(
            path,
            f"{op.groups} groups do not divide both its {channels} input channels and its {op.filters} filters",
            f"Use a number of groups that divides both, such as {math.gcd(channels, op.filters)}",
        )
    return (*_convolved(op, inputs[0], path), op.filters)


def _depthwise_conv2d(op: ops.DepthwiseConv2D, inputs: tuple[Shape, ...], path: str) -> Shape:
    shape = _image(inputs, path, "a convolution")
    if op.strides[0] != op.strides[1]:
        raise DesignError(
            path,
            f"a depthwise convolution needs one stride for both axes, and has {shape_text(op.strides)}",
            "Use equal strides; TensorFlow supports no others here",
        )
    return (*_convolved(op, shape, path), shape[2])


def _convolved(op: ops.Convolution, shape: Shape, path: str) -> Pair:
    what = "kernel" if op.dilation == (1, 1) else "dilated kernel"
    return _windows((shape[0], shape[1]), op.reach, op.strides, op.padding, path, what)


def _pool2d(op: ops.Pool2D, inputs: tuple[Shape, ...], path: str) -> Shape:
    height, width, channels = _image(inputs, path, "a pool")
    return (*_windows((height, width), op.pool_size, op.strides, op.padding, path, "pool window"), channels)


def _dense(op: ops.Dense, inputs: tuple[Shape, ...], path: str) -> Shape:
    (shape,) = inputs
    if len(shape) != 1:
        raise DesignError(
            path,
            f"a dense layer needs a vector, but is given an image of {shape_text(shape)}",
            "Put a flatten or a global pool block before it",
        )
    return (op.units,)


def _global_average_pool(op: ops.GlobalAveragePool, inputs: tuple[Shape, ...], path: str) -> Shape:
    return _image(inputs, path, "a global pool")[2:]


def _flatten(op: ops.Flatten, inputs: tuple[Shape, ...], path: str) -> Shape:
    return (math.prod(inputs[0]),)


def _add(op: ops.Add, inputs: tuple[Shape, ...], path: str) -> Shape:
    if len(set(inputs)) != 1:
        raise DesignError(
            path,
            f"it adds {' and '.join(shape_text(shape) for shape in inputs)}, which differ in shape",
            "Choose strides, padding and filters that give the same shape, or choose what a shortcut does "
            '"On shape change" (on_shape_change)',
        )
    return inputs[0]


def _concatenate(op: ops.Concatenate, inputs: tuple[Shape, ...], path: str) -> Shape:
    if len({shape[:-1] for shape in inputs}) != 1:
        raise DesignError(
            path,
            f"it concatenates {' and '.join(shape_text(shape) for shape in inputs)}, which differ in height or width",
            "Choose strides and padding that give all of them the same height and width",
        )
    return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))


def _pad_channels(op: ops.PadChannels, inputs: tuple[Shape, ...], path: str) -> Shape:
    return (*inputs[0][:-1], op.before + inputs[0][-1])


def _scale_channels(op: ops.ScaleChannels, inputs: tuple[Shape, ...], path: str) -> Shape:
    image, scales = inputs
    if scales != image[-1:]:
        raise DesignError(
            path,
            f"{shape_text(scales)} numbers cannot scale the channels of {shape_text(image)}",
            "Give it one number per channel",
        )
    return image


def _unchanged(op: ops.Op, inputs: tuple[Shape, ...], path: str) -> Shape:
    return inputs[0]


SHAPES: dict[type[ops.Op], Callable[[Any, tuple[Shape, ...], str], Shape]] = {
    ops.Conv2D: _conv2d,
    ops.DepthwiseConv2D: _depthwise_conv2d,
    ops.Dense: _dense,
    ops.BatchNorm: _unchanged,
    ops.Activation: _unchanged,
    ops.ChannelShift: _unchanged,
    ops.Dropout: _unchanged,
    ops.Pool2D: _pool2d,
    ops.GlobalAveragePool: _global_average_pool,
    ops.Flatten: _flatten,
    ops.Add: _add,
    ops.Concatenate: _concatenate,
    ops.PadChannels: _pad_channels,
    ops.ScaleChannels: _scale_channels,
    ops.Softmax: _unchanged,
}
