"""Passes between floats and bits: which there are, what they move, and which block causes each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from bnn_designer.cost import cost
from bnn_designer.cost.transitions import Transition, Transitions
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from tests.cost.designs import designs

NORM = b.BatchNormOptions()
SIDE, CHANNELS = 16, 32
#: A map of floats, and of signs in words of 32.
FLOATS, BITS = SIDE * SIDE * CHANNELS * 4, SIDE * SIDE * CHANNELS // 8


def found(*body: b.Block) -> Transitions:
    blocks = (b.Conv(filters=CHANNELS, batch_norm=NORM), *body, b.GlobalPool(), b.Head())
    return cost(Design(input_shape=(SIDE, SIDE, 3), blocks=blocks)).transitions


def conv(**fields: object) -> b.BinaryConv:
    return b.BinaryConv.model_validate({"filters": CHANNELS, "batch_norm": NORM} | fields)


def causes(one: Transition) -> list[tuple[str, str]]:
    return [(cause.path, cause.kind) for cause in one.causes]


def test_a_chain_that_stays_packed_has_only_its_way_in() -> None:
    (way_in,) = found(conv(), conv(), conv()).every
    assert (way_in.direction, way_in.inside, way_in.causes) == ("pack", False, ())
    assert (way_in.read_bytes, way_in.written_bytes) == (FLOATS, BITS)


def test_zeros_as_padding_cost_a_pass_behind_the_layer() -> None:
    (one,) = found(conv(), conv(id="zeros", pad_values=0), conv()).inside
    assert causes(one) == [("zeros", "padding")]
    assert (one.read_bytes, one.written_bytes, one.float_bytes) == (FLOATS, BITS, 0)
    assert not found(conv(), conv(pad_values=0, padding="valid"), conv()).inside


def test_a_shortcut_costs_a_pass_behind_its_sum() -> None:
    (one,) = found(b.Shortcut(id="s", body=(conv(),)), b.Shortcut(body=(conv(),))).inside
    assert causes(one) == [("s", "shortcut")]
    assert one.float_bytes == 2 * FLOATS + FLOATS  # the sum reads two maps and writes one


def test_pool_and_batch_norm() -> None:
    quarter = FLOATS // 4
    (one,) = found(conv(id="x", batch_norm=None), b.PoolBatchNorm(id="pool"), conv()).inside
    assert causes(one) == [("pool", "pool and batch norm")]
    # The pool reads a map and writes a quarter; the factor and the offset each read and write a quarter.
    assert one.float_bytes == FLOATS + quarter + 2 * quarter + 2 * quarter
    assert not found(conv(batch_norm=None), b.PoolBatchNorm(order="batch_norm_first"), conv()).inside


@pytest.mark.parametrize(
    ("between", "kinds"),
    [
        (b.PoolBatchNorm(id="x", pool="average", batch_norm=None), [("x", "average pool")]),
        (b.Activation(id="x", function="prelu"), [("x", "activation")]),
        (b.Activation(id="x", function="hard_tanh"), [("x", "activation")]),
        (b.Conv(id="x", filters=32), [("x", "float layer")]),
        (b.BlurPool(id="x", stride=1), [("x", "float layer")]),
        (b.Branches(id="x", merge="concatenate", body=(b.Sequence(), b.Sequence())), [("x", "concatenation")]),
        (b.ChannelScaling(id="x", body=(conv(),)), [("x", "scaling")]),
    ],
)
def test_what_stands_between(between: b.Block, kinds: list[tuple[str, str]]) -> None:
    assert kinds == causes(found(conv(), between, conv()).inside[-1])


def test_a_batch_norm_that_cannot_fold_is_named() -> None:
    """The shortcut reads the sums before the batch norm, so that they stay floats."""
    body = (b.Shortcut(id="s", body=(b.BatchNorm(id="bn"), conv())),)
    one = found(conv(batch_norm=None), *body).inside[0]
    assert ("s/bn", "batch norm") in causes(one)
    assert "something else reads its input" in one.causes[0].reason


def test_signs_for_a_layer_without_a_binary_kernel_are_unpacked() -> None:
    one = found(conv(), b.BinaryDepthwiseConv(id="x", batch_norm=NORM)).inside[-1]
    assert (one.direction, causes(one)) == ("unpack", [("x", "no kernel")])
    assert "depthwise" in one.causes[0].reason
    assert (one.read_bytes, one.written_bytes) == (BITS, FLOATS)


def test_totals_and_blocks_sum_up() -> None:
    every = found(conv(pad_values=0), conv(pad_values=0), conv())
    assert every.inside_bytes == 2 * (FLOATS + BITS)
    assert {block_id: len(ones) for block_id, ones in every.by_block().items()} == {
        "binary_conv_1": 1,
        "binary_conv_2": 1,
    }
    data = every.to_data()
    assert (data["inside"], data["inside_bytes"], len(data["passes"])) == (2, every.inside_bytes, 3)


@pytest.mark.parametrize("name", PRESETS)
def test_every_pass_inside_a_chain_of_a_preset_has_a_known_cause(name: str) -> None:
    every = cost(preset(name)).transitions
    assert all(one.causes and all(cause.kind != "other" for cause in one.causes) for one in every.inside)
    assert all(not one.causes for one in every.every if not one.inside and one.direction == "pack")


@settings(max_examples=60)
@given(designs())
def test_the_passes_are_the_quantizers_of_the_program(design: Design) -> None:
    report = cost(design)
    kinds = [op.name for op in report.program.operators if op.kind in ("LceQuantize", "LceDequantize")]
    assert [one.operator for one in report.transitions.every] == kinds
    for one in report.transitions.inside:
        assert one.causes
        assert (one.direction == "pack") == (one.read_bytes > one.written_bytes)
