"""How gradients are computed where nobody forced a way: a table, and the layers that follow it."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_designer import kernels
from bnn_designer.kernels.toolchain import INSTRUCTION_SETS
from bnn_designer.nn import QuantConv2D, QuantDense
from bnn_designer.nn.engine import GRADIENTS, Gradients
from bnn_designer.nn.gradient_choice import LOOKUP_FROM_WIDTH, choose_gradients

SIGNS = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
needs_kernels = pytest.mark.skipif(not kernels.available(), reason="the compiled op is not available")


@pytest.mark.parametrize(
    ("isa", "wanted", "channels", "taps", "used"),
    [
        ("avx512", "float", 31, 9, "multiplied"),
        ("avx512", "float", 32, 9, "float"),  # 32 x 4 of its 9 taps = 128
        ("avx512", "int8", 127, 1, "multiplied"),
        ("avx512", "int8", 128, 1, "int8"),
        ("avx512vnni", "int16", 63, 9, "multiplied"),
        ("avx512vnni", "int16", 64, 9, "int16"),
        ("avx512bw", "float", 127, 9, "multiplied"),
        ("avx512bw", "float", 128, 9, "float"),
        ("avx512bw", "int8", 32, 9, "int8"),
        ("avx2", "int16", 63, 9, "multiplied"),
        ("avx2", "int16", 64, 25, "int16"),
        ("avx2", "float", 256, 1, "float"),
        ("portable", "int8", 4096, 9, "multiplied"),
        ("neon", "float", 4096, 9, "multiplied"),
        (None, "float", 4096, 9, "multiplied"),
    ],
)
def test_the_way_follows_from_set_and_shape(
    isa: str | None, wanted: Gradients, channels: int, taps: int, used: str
) -> None:
    chosen, reason = choose_gradients(isa, wanted, channels, taps)
    assert chosen == used
    assert str(isa) in reason


def test_every_row_is_a_set_with_every_kind() -> None:
    assert set(LOOKUP_FROM_WIDTH) <= {isa.name for isa in INSTRUCTION_SETS}
    for row in LOOKUP_FROM_WIDTH.values():
        assert set(row) == set(GRADIENTS)
        assert row["float"] >= row["int16"] >= row["int8"]  # more bytes to look up


@needs_kernels
@pytest.mark.parametrize(
    ("arguments", "channels", "used"),
    [
        ({}, 8, "multiplied"),
        ({}, 2048, "int16"),
        ({"engine": "xnor"}, 8, "int16"),
        ({"engine": "float"}, 2048, "multiplied"),
        ({"dilation_rate": 2}, 8, "int16"),
    ],
)
def test_a_layer_says_how_and_why(arguments: dict[str, Any], channels: int, used: str) -> None:
    if kernels.chosen_isa() not in LOOKUP_FROM_WIDTH:
        pytest.skip(f"nothing was measured for {kernels.chosen_isa()}")
    layer = QuantConv2D(4, 3, gradients="int16", **arguments, **SIGNS)
    layer.build((None, 8, 8, channels))
    assert layer.gradients_used == used
    assert layer.gradients_reason


@needs_kernels
def test_a_dense_layer_counts_its_inputs() -> None:
    narrow, wide = (QuantDense(4, gradients="int8", **SIGNS) for _ in range(2))
    narrow.build((None, 16))
    wide.build((None, 4096))
    assert narrow.gradients_used == "multiplied"
    assert wide.gradients_used == ("int8" if kernels.chosen_isa() in LOOKUP_FROM_WIDTH else "multiplied")
