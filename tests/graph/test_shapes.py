"""Shape rules as tables of arithmetic, and errors that name the block and the shapes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.graph.shapes import output_shape


def conv(**options: Any) -> ops.Conv2D:
    defaults: dict[str, Any] = {
        "input_quantizer": "ste_sign",
        "kernel_quantizer": "ste_sign",
        "kernel_constraint": None,
        "use_bias": False,
        "filters": 16,
        "kernel_size": (3, 3),
        "strides": (1, 1),
        "dilation": (1, 1),
        "padding": "same",
        "pad_values": 1,
    }
    return ops.Conv2D(**defaults | options)


def depthwise(**options: Any) -> ops.DepthwiseConv2D:
    defaults: dict[str, Any] = {
        "input_quantizer": None,
        "kernel_quantizer": None,
        "kernel_constraint": None,
        "use_bias": False,
        "kernel_size": (3, 3),
        "strides": (1, 1),
        "dilation": (1, 1),
        "padding": "same",
        "pad_values": 0,
    }
    return ops.DepthwiseConv2D(**defaults | options)


def pool(size: tuple[int, int], strides: tuple[int, int], padding: Any = "valid") -> ops.Pool2D:
    return ops.Pool2D("max", size, strides, padding)


def dense(units: int) -> ops.Dense:
    return ops.Dense(units=units)


BATCH_NORM = ops.BatchNorm(True, True, 0.9, 1e-3)

# Operation, input shape, output shape. "valid": (size - kernel) // stride + 1; "same": size / stride, rounded up.
SHAPES: list[tuple[ops.Op, tuple[int, ...], tuple[int, ...]]] = [
    (conv(), (32, 32, 3), (32, 32, 16)),
    (conv(filters=7), (5, 9, 3), (5, 9, 7)),
    (conv(strides=(2, 2)), (32, 32, 3), (32 // 2, 32 // 2, 16)),
    (conv(strides=(2, 2)), (31, 7, 3), ((31 + 1) // 2, (7 + 1) // 2, 16)),
    (conv(strides=(2, 3)), (7, 7, 3), ((7 + 1) // 2, (7 + 2) // 3, 16)),
    (conv(strides=(9, 9)), (7, 7, 3), (1, 1, 16)),
    (conv(kernel_size=(3, 3)), (3, 3, 3), (3, 3, 16)),
    (conv(kernel_size=(2, 4)), (8, 8, 3), (8, 8, 16)),
    (conv(padding="valid"), (32, 32, 3), (32 - 3 + 1, 32 - 3 + 1, 16)),
    (conv(padding="valid"), (3, 3, 3), (1, 1, 16)),
    (conv(padding="valid", kernel_size=(5, 1)), (32, 32, 3), (32 - 5 + 1, 32, 16)),
    (conv(padding="valid", strides=(2, 2)), (32, 32, 3), ((32 - 3) // 2 + 1, (32 - 3) // 2 + 1, 16)),
    (conv(padding="valid", strides=(2, 2)), (31, 31, 3), ((31 - 3) // 2 + 1, (31 - 3) // 2 + 1, 16)),
    (conv(padding="valid", strides=(3, 1), kernel_size=(2, 3)), (8, 8, 3), ((8 - 2) // 3 + 1, 8 - 3 + 1, 16)),
    # Dilation d makes a kernel of k reach over d * (k - 1) + 1 pixels.
    (conv(dilation=(2, 2)), (32, 32, 3), (32, 32, 16)),
    (conv(padding="valid", dilation=(2, 2)), (32, 32, 3), (32 - (2 * 2 + 1) + 1, 32 - (2 * 2 + 1) + 1, 16)),
    (conv(padding="valid", dilation=(3, 1)), (32, 32, 3), (32 - (3 * 2 + 1) + 1, 32 - 3 + 1, 16)),
    (conv(padding="valid", dilation=(5, 5), kernel_size=(1, 1)), (4, 4, 3), (4, 4, 16)),
    (conv(padding="valid", dilation=(2, 2)), (5, 5, 3), (1, 1, 16)),
    # With "same" padding a window may be larger than the input.
    (conv(), (1, 1, 3), (1, 1, 16)),
    (conv(kernel_size=(5, 5)), (4, 4, 3), (4, 4, 16)),
    (conv(kernel_size=(1, 5)), (32, 4, 3), (32, 4, 16)),
    (conv(kernel_size=(40, 40)), (32, 32, 3), (32, 32, 16)),
    (conv(kernel_size=(7, 7), strides=(2, 2)), (1, 5, 3), (1, (5 + 1) // 2, 16)),
    (conv(dilation=(2, 2)), (4, 8, 3), (4, 8, 16)),
    (depthwise(kernel_size=(5, 5), strides=(2, 2)), (3, 2, 3), ((3 + 1) // 2, 2 // 2, 3)),
    (pool((3, 3), (1, 1), "same"), (2, 1, 8), (2, 1, 8)),
    (pool((3, 3), (2, 2), "same"), (2, 8, 8), (2 // 2, 8 // 2, 8)),
    (pool((2, 2), (2, 2)), (30, 30, 128), (15, 15, 128)),
    (pool((2, 2), (2, 2)), (15, 15, 256), (7, 7, 256)),
    (pool((2, 2), (2, 2), "same"), (15, 15, 256), (8, 8, 256)),
    (pool((3, 3), (2, 2)), (32, 32, 8), ((32 - 3) // 2 + 1, (32 - 3) // 2 + 1, 8)),
    (pool((3, 3), (1, 1), "same"), (32, 32, 8), (32, 32, 8)),
    (pool((4, 4), (4, 4)), (4, 4, 8), (1, 1, 8)),
    (ops.Flatten(), (7, 5, 3), (7 * 5 * 3,)),
    (ops.Flatten(), (9,), (9,)),
    (ops.GlobalAveragePool(), (7, 5, 3), (3,)),
    (dense(10), (4608,), (10,)),
    (BATCH_NORM, (7, 5, 3), (7, 5, 3)),
    (BATCH_NORM, (9,), (9,)),
    (ops.Activation("prelu"), (7, 5, 3), (7, 5, 3)),
    (ops.Softmax(), (10,), (10,)),
    (conv(groups=4), (7, 5, 12), (7, 5, 16)),
    (depthwise(), (7, 5, 3), (7, 5, 3)),
    (depthwise(strides=(2, 2)), (7, 5, 3), ((7 + 1) // 2, (5 + 1) // 2, 3)),
    (depthwise(padding="valid", dilation=(2, 1)), (7, 5, 3), (7 - (2 * 2 + 1) + 1, 5 - 3 + 1, 3)),
    (ops.ChannelShift(), (7, 5, 3), (7, 5, 3)),
    (ops.Dropout(0.5), (9,), (9,)),
    (ops.PadChannels(5), (7, 5, 3), (7, 5, 5 + 3)),
]


@pytest.mark.parametrize(("op", "given_shape", "expected"), SHAPES)
def test_shape(op: ops.Op, given_shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert output_shape(op, (given_shape,), "block") == expected


def test_add_keeps_the_shape() -> None:
    assert output_shape(ops.Add(), ((4, 4, 8), (4, 4, 8)), "s") == (4, 4, 8)
    assert output_shape(ops.Add(), ((9,), (9,), (9,)), "s") == (9,)


def test_merges_of_other_shapes() -> None:
    assert output_shape(ops.Concatenate(), ((4, 4, 8), (4, 4, 3)), "s") == (4, 4, 8 + 3)
    assert output_shape(ops.Concatenate(), ((8,), (3,), (8,)), "s") == (8 + 3 + 8,)
    assert output_shape(ops.ScaleChannels(), ((4, 5, 8), (8,)), "s") == (4, 5, 8)


# Operation, input shapes, parts of the rule.
BAD_SHAPES: list[tuple[ops.Op, tuple[tuple[int, ...], ...], list[str]]] = [
    (conv(kernel_size=(5, 5), padding="valid"), ((4, 4, 3),), ["kernel of 5 x 5", "input of 4 x 4"]),
    (conv(kernel_size=(1, 5), padding="valid"), ((32, 4, 3),), ["kernel of 1 x 5", "input of 32 x 4", '"valid"']),
    (conv(dilation=(2, 2), padding="valid"), ((4, 8, 3),), ["dilated kernel of 5 x 5", "input of 4 x 8"]),
    (depthwise(padding="valid"), ((2, 8, 3),), ["kernel of 3 x 3", "input of 2 x 8"]),
    (conv(), ((100,),), ["a convolution needs an image", "vector of 100 features"]),
    (pool((3, 3), (1, 1)), ((2, 8, 3),), ["pool window of 3 x 3", "input of 2 x 8"]),
    (pool((3, 3), (1, 1)), ((10,),), ["a pool needs an image", "10 features"]),
    (ops.GlobalAveragePool(), ((10,),), ["a global pool needs an image", "10 features"]),
    (dense(10), ((4, 5, 6),), ["a dense layer needs a vector", "4 x 5 x 6"]),
    (ops.Add(), ((4, 4, 8), (4, 4, 9)), ["4 x 4 x 8 and 4 x 4 x 9", "differ in shape"]),
    (ops.Add(), ((8,), (4, 4, 8)), ["8 and 4 x 4 x 8"]),
    (ops.Concatenate(), ((4, 5, 8), (4, 4, 8)), ["4 x 5 x 8 and 4 x 4 x 8", "height or width"]),
    (ops.Concatenate(), ((8,), (4, 4, 8)), ["8 and 4 x 4 x 8"]),
    (ops.ScaleChannels(), ((4, 5, 8), (5,)), ["5 numbers", "4 x 5 x 8"]),
    (conv(groups=3), ((4, 4, 12),), ["3 groups", "12 input channels", "16 filters"]),
    (conv(groups=4), ((4, 4, 3),), ["4 groups", "3 input channels"]),
    (depthwise(strides=(2, 1)), ((4, 4, 3),), ["one stride for both axes", "2 x 1"]),
    (depthwise(), ((10,),), ["a convolution needs an image"]),
]


@pytest.mark.parametrize(("op", "shapes", "parts"), BAD_SHAPES)
def test_bad_shape(op: ops.Op, shapes: tuple[tuple[int, ...], ...], parts: list[str]) -> None:
    with pytest.raises(DesignError) as caught:
        output_shape(op, shapes, "shortcut_2/binary_conv_3")
    assert caught.value.path == "shortcut_2/binary_conv_3"
    assert caught.value.mend
    for part in parts:
        assert part in caught.value.rule


def test_a_window_that_does_not_fit_is_mended_by_same_padding_or_a_smaller_one() -> None:
    for op in (conv(padding="valid"), depthwise(padding="valid"), pool((3, 3), (1, 1))):
        with pytest.raises(DesignError) as caught:
            output_shape(op, ((2, 1, 3),), "block")
        assert 'Use "same" padding or a ' in caught.value.mend
        assert "at most 2 x 1" in caught.value.mend


sizes = st.integers(1, 40)


@given(sizes, st.integers(1, 7), st.integers(1, 5), st.integers(1, 3), st.sampled_from(["same", "valid"]))
def test_windows_by_counting(size: int, kernel: int, stride: int, dilation: int, padding: Any) -> None:
    """The formula gives as many windows as there are when they are slid over the axis one after the other."""
    op = conv(kernel_size=(kernel, 1), strides=(stride, 1), dilation=(dilation, 1), padding=padding)
    reach = dilation * (kernel - 1) + 1
    if padding == "valid" and reach > size:
        with pytest.raises(DesignError):
            output_shape(op, ((size, 1, 1),), "c")
        return
    fits = (lambda start: start + reach <= size) if padding == "valid" else (lambda start: start < size)
    windows = sum(1 for start in range(0, size, stride) if fits(start))
    assert output_shape(op, ((size, 1, 1),), "c") == (windows, 1, 16)
