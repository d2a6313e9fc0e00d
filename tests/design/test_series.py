"""One-dimensional designs: height 1 everywhere, and shown without it."""

from __future__ import annotations

import pytest

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.series import PAIRS, is_one_dimensional, series_text
from bnn_designer.graph import lower

STEPS, CHANNELS, CLASSES = 128, 9, 6


def series(*body: b.Block, height: int = 1) -> Design:
    return Design(input_shape=(height, STEPS, CHANNELS), blocks=body)


def test_the_preset_for_time_series_by_hand() -> None:
    """Kernels of 7 steps: 9 to 32 channels, two of 32, one to 64 and one of 64, one to 128 and one of 128; the head."""
    design = preset("har-1d")
    assert (is_one_dimensional(design), series_text(design.input_shape)) == (True, "128 x 9")
    report = cost(design)
    binary = STEPS * 2 * 7 * 32 * 32 + STEPS // 2 * 7 * (32 * 64 + 64 * 64) + STEPS // 4 * 7 * (64 * 128 + 128 * 128)
    assert report.larq.macs_by_bits[1] == binary
    projections = STEPS // 2 * 32 * 64 + STEPS // 4 * 64 * 128
    assert report.larq.macs == binary + STEPS * 7 * 9 * 32 + projections + 128 * CLASSES
    assert all(layer.output.shape[0] == 1 for layer in lower(design).layers if len(layer.output.shape) == 3)


def test_only_it_is_one_dimensional_among_the_presets() -> None:
    assert [name for name in PRESETS if is_one_dimensional(preset(name))] == ["har-1d"]


@pytest.mark.parametrize(
    "block",
    [
        b.Conv(filters=8, kernel_size=(3, 7)),
        b.BinaryConv(filters=8, kernel_size=(1, 7), strides=(2, 2)),
        b.DepthwiseConv(kernel_size=(1, 3), dilation=(2, 1)),
        b.PoolBatchNorm(pool_size=2, padding="same"),
        b.PoolBatchNorm(pool_size=(1, 2), strides=(2, 2)),
        b.DenseBlock(),
        b.BlurPool(stride=1),
        b.Shortcut(body=(b.BinaryConv(filters=8),)),
    ],
)
def test_a_height_anywhere_is_two_dimensional(block: b.Block) -> None:
    flat = b.Conv(filters=8, kernel_size=(1, 7))
    assert is_one_dimensional(series(flat, b.GlobalPool()))
    assert not is_one_dimensional(series(flat, block))
    assert not is_one_dimensional(series(flat, height=2))


def test_a_global_pool_has_no_window_of_its_own() -> None:
    assert is_one_dimensional(series(b.PoolBatchNorm(pool="global_average")))


def test_shapes_without_their_height() -> None:
    assert [series_text(shape) for shape in ((1, 64, 32), (1, 7), (10,))] == ["64 x 32", "7", "10"]


def test_every_pair_of_a_block_is_known() -> None:
    """A new field of two sizes must be named in PAIRS."""
    found = {
        name
        for kind in (b.Conv, b.BinaryConv, b.DepthwiseConv, b.BinaryDepthwiseConv, b.DenseBlock, b.PoolBatchNorm)
        for name, field in kind.model_fields.items()
        if "tuple" in str(field.annotation) and "Size" not in name and name != "body"
    }
    assert found == set(PAIRS)
