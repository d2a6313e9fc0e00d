from __future__ import annotations

import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import (
    BatchNormOptions,
    BinaryConv,
    BinaryDense,
    Conv,
    Flatten,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Shortcut,
)
from bnn_designer.graph import lower
from bnn_designer.inspection.stages import Way, dead_advice, stage_text, ways
from tests.inspection.conftest import design

NORM = BatchNormOptions()


def way_of(*blocks: object) -> Way:
    """The way to the sign of a binary convolution behind these blocks."""
    made = Design.model_validate({"name": "d", "blocks": (*blocks, BinaryConv(filters=8), GlobalPool(), Head())})
    return ways(lower(made))[-1]


def test_the_way_goes_from_a_product_to_the_sign() -> None:
    first, second = ways(lower(design()))
    assert [stage_text(stage) for stage in first.stages] == ["after the convolution", "after the batch norm"]
    assert [stage_text(stage) for stage in second.stages] == [
        "after the convolution",
        "after the max pool",
        "after the batch norm",
    ]


def test_a_flattening_changes_no_number_and_is_no_stage() -> None:
    blocks = (Conv(filters=8, batch_norm=None), Flatten(), BinaryDense(units=10), Head(classifier="none"))
    (way,) = ways(lower(Design(name="d", blocks=blocks)))
    assert (way.layer.name, [stage.name for stage in way.stages]) == ("binary_dense_1", ["conv_1"])


def test_the_way_begins_at_a_sum() -> None:
    way = way_of(Conv(filters=8), Shortcut(body=(BinaryConv(filters=8),)))
    assert [stage_text(stage) for stage in way.stages] == ["after the addition of the shortcut"]


def test_an_image_that_is_binarized_at_once_has_no_way() -> None:
    assert way_of().stages == ()


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        ((Conv(filters=8, batch_norm=NORM), PoolBatchNorm(pool="max", batch_norm=None)), "behind the pool"),
        ((Conv(filters=8, batch_norm=None),), "Add a batch norm"),
        ((Conv(filters=8, batch_norm=NORM, activation="relu"),), "every value becomes +1"),
        ((Conv(filters=8, batch_norm=NORM, activation="relu", order="activation_first"),), "lower learning rate"),
        ((Conv(filters=8, batch_norm=None), PoolBatchNorm(pool="max", batch_norm=NORM)), "lower learning rate"),
    ],
)
def test_the_advice_on_dead_channels_names_what_the_design_shows(blocks: tuple[object, ...], word: str) -> None:
    assert word in dead_advice(way_of(*blocks))


def test_what_is_always_minus_one_is_no_pools_doing() -> None:
    """The largest of several values is more often above 0, not less."""
    way = way_of(Conv(filters=8, batch_norm=None), PoolBatchNorm(pool="max", batch_norm=None))
    assert "behind the pool" in dead_advice(way)
    assert "Add a batch norm" in dead_advice(way, always_positive=False)


def test_a_layer_that_reads_nothing_but_dead_channels_is_not_to_blame() -> None:
    way = way_of(Conv(filters=8, batch_norm=None), PoolBatchNorm(pool="max", batch_norm=None))
    said = dead_advice(way, "binary_conv_1")
    assert "All that binary_conv_1 reads is always one sign" in said
    assert "pool" not in said
