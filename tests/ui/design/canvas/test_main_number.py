from __future__ import annotations

import pytest

from bnn_designer.design import BLOCK_KINDS, Design
from bnn_designer.design import blocks as b
from bnn_designer.design.moves import new_block
from bnn_designer.ui.design.canvas.main_number import main_number
from bnn_designer.ui.design.canvas.operations import apply_operation

#: The number of each kind, as a new block of it has it; None: it has no number.
NUMBERS: dict[str, tuple[str, float] | None] = {
    "binary_conv": ("filters", 32),
    "binary_depthwise_conv": ("kernel_size", 3),
    "binary_dense": ("units", 128),
    "conv": ("filters", 32),
    "depthwise_conv": ("kernel_size", 3),
    "dense": ("units", 128),
    "shortcut": None,
    "dense_block": ("growth", 64),
    "branches": None,
    "sequence": None,
    "repeat": ("times", 2),
    "channel_scaling": ("reduction", 8),
    "pool_bn": ("pool_size", 2),
    "blur_pool": ("stride", 2),
    "batch_norm": None,
    "activation": None,
    "channel_shift": None,
    "dropout": ("rate", 0.5),
    "flatten": None,
    "global_pool": None,
    "head": None,
}


@pytest.mark.parametrize("kind", BLOCK_KINDS)
def test_the_number_of_each_kind(kind: str) -> None:
    found = main_number(new_block(BLOCK_KINDS[kind], None))
    assert (None if found is None else (found.field, found.value)) == NUMBERS[kind]


@pytest.mark.parametrize("kind", [kind for kind, number in NUMBERS.items() if number])
def test_what_is_typed_within_the_bounds_is_what_the_block_then_has(kind: str) -> None:
    design = Design(blocks=(new_block(BLOCK_KINDS[kind], None),))
    (block,) = design.blocks
    number = main_number(block)
    assert number is not None
    assert number.minimum is not None
    for value in {number.value + number.step, number.minimum}:
        operation = {"kind": "set", "id": block.id, "field": number.field, "value": value}
        changed = main_number(apply_operation(design, operation).blocks[0])
        assert changed is not None
        assert changed.value == value


def test_an_uneven_pair_is_left_to_the_settings() -> None:
    assert main_number(b.DepthwiseConv(kernel_size=(3, 1))) is None
    assert main_number(b.PoolBatchNorm(pool_size=(2, 1))) is None


def test_a_global_pool_has_no_window_to_type() -> None:
    assert main_number(b.PoolBatchNorm(pool="global_average")) is None


def test_what_the_browser_gets() -> None:
    assert main_number(b.Conv(filters=64)).to_data() == {  # type: ignore[union-attr]
        "field": "filters",
        "label": "Filters",
        "value": 64,
        "minimum": 1,
        "maximum": 65536,
        "step": 1,
    }
    dropout = main_number(b.Dropout(rate=0.3)).to_data()  # type: ignore[union-attr]
    assert (dropout["field"], dropout["value"], dropout["step"]) == ("rate", 0.3, 0.05)
