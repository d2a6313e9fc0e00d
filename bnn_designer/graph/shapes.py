"""The shape rules: one function a kind of operation, and errors that name the block.

Sizes follow TensorFlow: "same" gives ``ceil(size / stride)``; "valid" gives
``floor((size - effective kernel) / stride) + 1`` where the effective kernel of dilation d is ``d * (k - 1) + 1``.
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
    return _RULES[type(op)](op, inputs, path)


def _windows(size: Pair, window: Pair, strides: Pair, padding: Padding, path: str, what: str) -> Pair:
    """How many windows fit on each axis; refuses a window larger than what it slides over."""
    if window[0] > size[0] or window[1] > size[1]:
        raise DesignError(
            path,
            f"the {what} of {shape_text(window)} is larger than its input of {shape_text(size)}",
            f"Use a {what} of at most {shape_text(size)}, or reduce the size less in the blocks before it",
        )
    if padding == "same":
        return math.ceil(size[0] / strides[0]), math.ceil(size[1] / strides[1])
    return (size[0] - window[0]) // strides[0] + 1, (size[1] - window[1]) // strides[1] + 1


def _image(inputs: tuple[Shape, ...], path: str, what: str) -> Shape:
    (shape,) = inputs
    if len(shape) != 3:
        raise DesignError(
            path,
            f"{what} needs an image (height x width x channels), and gets a vector of {shape_text(shape)} features",
            "Move it before the flatten or global pool block, or use a dense block here",
        )
    return shape


def _conv2d(op: ops.Conv2D, inputs: tuple[Shape, ...], path: str) -> Shape:
    height, width, _ = _image(inputs, path, "a convolution")
    window = (op.dilation[0] * (op.kernel_size[0] - 1) + 1, op.dilation[1] * (op.kernel_size[1] - 1) + 1)
    what = "kernel" if op.dilation == (1, 1) else "dilated kernel"
    return (*_windows((height, width), window, op.strides, op.padding, path, what), op.filters)


def _pool2d(op: ops.Pool2D, inputs: tuple[Shape, ...], path: str) -> Shape:
    height, width, channels = _image(inputs, path, "a pool")
    return (*_windows((height, width), op.pool_size, op.strides, op.padding, path, "pool window"), channels)


def _dense(op: ops.Dense, inputs: tuple[Shape, ...], path: str) -> Shape:
    (shape,) = inputs
    if len(shape) != 1:
        raise DesignError(
            path,
            f"a dense layer needs a vector, and gets an image of {shape_text(shape)}",
            "Put a flatten or a global pool block in front of it",
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
            f"the shortcut adds {' and '.join(shape_text(shape) for shape in inputs)}, which are not equal shapes",
            "Set on_shape_change to a pointwise convolution, or let strides, padding and filters keep the body's shape",
        )
    return inputs[0]


def _unchanged(op: ops.Op, inputs: tuple[Shape, ...], path: str) -> Shape:
    return inputs[0]


_RULES: dict[type[ops.Op], Callable[[Any, tuple[Shape, ...], str], Shape]] = {
    ops.Conv2D: _conv2d,
    ops.Dense: _dense,
    ops.BatchNorm: _unchanged,
    ops.Activation: _unchanged,
    ops.Pool2D: _pool2d,
    ops.GlobalAveragePool: _global_average_pool,
    ops.Flatten: _flatten,
    ops.Add: _add,
    ops.Softmax: _unchanged,
    ops.Sign: _unchanged,
}
