"""Layers of 8 bits in ONNX's files: what their nodes say; test_onnx.py runs them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.export.errors import ExportError
from bnn_designer.export.nodes.node import Node, Nodes
from bnn_designer.export.onnx.int8 import _thresholds
from bnn_designer.export.onnx.layers import onnx_model
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.int8 import requantized_sums
from tests.export.test_onnx import Read


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400))
def test_what_rises_with_the_sum_is_a_number_of_thresholds(seed: int, reach: int) -> None:
    draw = np.random.default_rng(seed)
    numbers = np.stack([draw.integers(-500, 500, 3), draw.integers(2**30, 2**31 - 1, 3), draw.integers(-9, 2, 3)])
    arrays = {part: row.reshape(3, 1, 1) for part, row in zip(("bias", "multiplier", "shift"), numbers, strict=True)}
    zero_point = int(draw.integers(-128, 128))
    node = Node("requantize", "a", "a", ("b",), (3, 1, 1), numbers={"zero_point": zero_point}, arrays=arrays)
    limits = _thresholds(node, np.full(3, reach))
    sums = np.repeat(np.arange(-reach, reach + 1)[:, None], 3, 1)
    counted = (sums[:, :, None] >= limits).sum(axis=-1) - 128
    step = StepDraft("requantize", numbers=(numbers,), low=float(zero_point))
    np.testing.assert_array_equal(counted, requantized_sums(sums, step))
    assert (np.diff(limits) >= 0).all()


def _layer(weights: list[list[int]], reader: Node) -> Nodes:
    filters = np.array(weights, np.int8)[:, :, None, None]
    channels = filters.shape[1]
    whole = Node("quantize", "a.quantize", "a", ("image",), (channels, 1, 1), numbers={"scale": 0.5})
    shape = (len(filters), 1, 1)
    conv = Node("int8_conv", "a.conv", "a", ("a.quantize",), shape, numbers={"groups": 1}, arrays={"filters": filters})
    return Nodes("drawn", (1, 1, channels), (whole, conv, reader), reader.name)


def test_inputs_and_weights_are_whole_numbers_with_a_scale_of_1() -> None:
    signs = Node("signs", "a.signs", "a", ("a.conv",), (2, 1, 1), arrays={"at_least": np.full((2, 1, 1), 3.0)})
    nodes = _layer([[1, -127, 5], [0, 2, 127]], signs)
    plain, qonnx = Read(onnx_model(nodes, False)), Read(onnx_model(nodes, True))
    assert [kind for kind, *_ in plain.nodes] == [
        *("Transpose", "Clip", "QuantizeLinear", "Cast", "Flatten", "Cast", "MatMul", "GreaterOrEqual", "Where")
    ]
    assert [kind for kind, *_ in qonnx.nodes] == [
        *("Div", "Quant", "Flatten", "Quant", "MatMul", "BatchNormalization", "BipolarQuant")
    ]
    for _, (_, scale, zero, bits), *_ in qonnx.of_kind("Quant"):
        assert [qonnx.constants[name].tolist() for name in (scale, zero, bits)] == [1, 0, 8]
    rows = plain.constants[plain.of_kind("Cast")[-1][1][0]]
    assert rows.dtype == np.int8
    assert rows.tolist() == [[1, 0], [-127, 2], [5, 127]]


def test_sums_that_nothing_holds_are_refused() -> None:
    """One float holds 2^24 / 127 = 132,104 in weights; more go in two parts, as integers for some readers."""
    add = Node(
        "affine",
        "a.affine",
        "a",
        ("a.conv",),
        (1, 1, 1),
        arrays=dict.fromkeys(("factor", "offset"), np.ones((1, 1, 1))),
    )
    assert onnx_model(_layer([[127] * 1040], add), True)  # 132,080
    with pytest.raises(ExportError, match=r"a: a filter's sums of 8-bit products go beyond 2\^24"):
        onnx_model(_layer([[127] * 1041], add), True)
