"""What runs in a layer where nobody forced a way: tables, and the layers that follow them."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_designer import kernels
from bnn_designer.kernels.toolchain import INSTRUCTION_SETS
from bnn_designer.nn import QuantConv2D, QuantDense
from bnn_designer.nn.engine import GRADIENTS, Gradients
from bnn_designer.nn.layer_choice import (
    LOOKUP_FROM_WIDTH,
    MOST_TAPS,
    TRANSPOSED_FROM_CHANNELS,
    XNOR_FROM_CHANNELS,
    choose_gradients,
    choose_products,
)

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
    choice = choose_gradients(isa, wanted, channels, taps)
    assert choice.used == used
    assert str(isa) in choice.reason


@pytest.mark.parametrize(
    ("isa", "channels", "used"),
    [
        ("avx512", 7, "float"),
        ("avx512", 8, "xnor"),
        ("avx512vnni", 15, "float"),
        ("avx512bw", 16, "xnor"),
        ("avx2", 15, "float"),
        ("avx2", 16, "xnor"),
        ("neon", 16, "xnor"),
        ("portable", 4096, "float"),
        (None, 4096, "float"),
    ],
)
def test_products_follow_from_set_and_channels(isa: str | None, channels: int, used: str) -> None:
    choice = choose_products(isa, channels)
    assert choice.used == used
    assert used == "xnor" or str(isa) in choice.reason


@pytest.mark.parametrize(
    ("isa", "channels", "used", "reason"),
    [
        ("avx512", 127, "float", "with 127 channels"),
        ("avx512", 128, "xnor", "signs"),
        ("avx2", 4096, "float", "not timed on avx2"),
        ("portable", 4096, "float", "as fast as portable loops"),
    ],
)
def test_transposed_products_follow_from_set_and_channels(isa: str, channels: int, used: str, reason: str) -> None:
    choice = choose_products(isa, channels, transposed=True)
    assert choice.used == used
    assert reason in choice.reason
    assert set(TRANSPOSED_FROM_CHANNELS) <= set(XNOR_FROM_CHANNELS)


def test_no_layer_looks_up_what_it_does_not_count() -> None:
    """Gradients are only looked up behind XNOR products: no row of theirs begins in the other table's float part."""
    assert set(LOOKUP_FROM_WIDTH) < set(XNOR_FROM_CHANNELS) <= {isa.name for isa in INSTRUCTION_SETS}
    for isa, row in LOOKUP_FROM_WIDTH.items():
        assert min(row.values()) / MOST_TAPS >= XNOR_FROM_CHANNELS[isa]


def test_every_row_is_a_set_with_every_kind() -> None:
    assert set(LOOKUP_FROM_WIDTH) <= {isa.name for isa in INSTRUCTION_SETS}
    for row in LOOKUP_FROM_WIDTH.values():
        assert set(row) == set(GRADIENTS)
        assert row["float"] >= row["int16"] >= row["int8"]  # more bytes to look up


@needs_kernels
@pytest.mark.parametrize(
    ("arguments", "channels", "engine", "used"),
    [
        ({}, 4, "float", "multiplied"),
        ({}, 24, "xnor", "multiplied"),
        ({}, 2048, "xnor", "int16"),
        ({"engine": "xnor"}, 4, "xnor", "int16"),
        ({"engine": "float"}, 2048, "float", "multiplied"),
        ({"dilation_rate": 2}, 4, "xnor", "int16"),
        ({"groups": 4}, 4 * 4, "float", "multiplied"),  # a filter sees 4 channels
    ],
)
def test_a_layer_says_how_and_why(arguments: dict[str, Any], channels: int, engine: str, used: str) -> None:
    if kernels.chosen_isa() not in LOOKUP_FROM_WIDTH:
        pytest.skip(f"nothing was measured for {kernels.chosen_isa()}")
    layer = QuantConv2D(4, 3, gradients="int16", **arguments, **SIGNS)
    layer.build((None, 8, 8, channels))
    assert (layer.engine_used, layer.gradients_used) == (engine, used)
    assert layer.engine_reason
    assert layer.gradients_reason
    assert layer.supports_jit == (engine == "float")


@needs_kernels
def test_a_dense_layer_counts_its_inputs() -> None:
    narrow, wide = (QuantDense(4, gradients="int8", **SIGNS) for _ in range(2))
    narrow.build((None, 4))
    wide.build((None, 4096))
    assert narrow.engine_used == "float"
    assert narrow.gradients_used == "multiplied"
    assert wide.gradients_used == ("int8" if kernels.chosen_isa() in LOOKUP_FROM_WIDTH else "multiplied")
