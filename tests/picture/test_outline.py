from __future__ import annotations

import pytest
from hypothesis import given

from bnn_designer.cost import cost
from bnn_designer.cost.partial import figures
from bnn_designer.design import Block, Design, walk
from bnn_designer.design.blocks import (
    Activation,
    BinaryConv,
    BinaryDense,
    BlurPool,
    Branches,
    ChannelScaling,
    Conv,
    DepthwiseConv,
    Dropout,
    Head,
    PoolBatchNorm,
    Repeat,
    Sequence,
    Shortcut,
)
from bnn_designer.design.presets import preset
from bnn_designer.design.quantization import Quantizer
from bnn_designer.picture.outline import Sums, bits_text, detail, outline, precision, rows_within
from tests.strategies import designs, networks


@given(networks())
def test_the_rows_sum_to_the_report(design: Design) -> None:
    rows, report = outline(design, figures(design)), cost(design)
    sums = sum((row.sums for row in rows), Sums())
    assert (sums.params, sums.macs, sums.memory_bits) == (report.larq.params, report.larq.macs, report.larq.memory_bits)
    # all that is alive at the peak, but the image, which no block made
    peak = report.timeline.peak
    assert sums.peak_bytes == peak.live_bytes - sum(span.size_bytes for span in peak.live if not span.path)
    empty = [row for row in rows if isinstance(row.block, Sequence) and not row.block.body]
    assert all(row.shape is not None or row in empty for row in rows)


@given(designs())
def test_a_row_for_each_block_of_any_document(design: Design) -> None:
    rows = outline(design, figures(design))
    assert [row.block for row in rows] == [block for _, block in walk(design.blocks)]
    assert sum(row.error is not None for row in rows) <= 1


def test_the_figures_of_a_binary_convolution() -> None:
    row = next(row for row in outline(preset("bi-real-cifar"), figures(preset("bi-real-cifar"))) if row.depth == 1)
    assert row.block_id == "binary_conv_1"
    assert row.precision == "binary"
    assert row.shape == (32, 32, 32)
    assert row.bits_text == "1"
    assert row.sums.params == 3 * 3 * 32 * 32 + 2 * 32
    assert row.sums.macs == 3 * 3 * 32 * 32 * 32 * 32
    assert row.sums.memory_bits == 3 * 3 * 32 * 32 + 2 * 32 * 32


def test_behind_an_error_nothing_is_known() -> None:
    design = Design(
        blocks=(Conv(filters=4), Conv(filters=4, kernel_size=(64, 64), padding="valid"), PoolBatchNorm(), Head())
    )
    rows = outline(design, figures(design))
    assert [row.shape for row in rows] == [(32, 32, 4), None, None, None]
    assert [row.known for row in rows] == [True, False, False, False]
    assert [row.sums for row in rows] == [
        Sums(3 * 3 * 3 * 4, 3 * 3 * 3 * 4 * 32 * 32, 3 * 3 * 3 * 4 * 32),
        Sums(),
        Sums(),
        Sums(),
    ]
    assert [row.error is not None for row in rows] == [False, True, False, False]


@given(designs())
def test_the_rows_within_a_block_are_its_own_and_those_of_all_blocks_in_it(design: Design) -> None:
    rows = outline(design, figures(design))
    for place, row in enumerate(rows):
        assert [one.block for one in rows_within(rows, place)] == [block for _, block in walk((row.block,))]


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (BinaryConv(filters=1), "1"),
        (BinaryConv(filters=1, input_quantizer=None), "W1 A32"),
        (BinaryConv(filters=1, kernel_quantizer=None), "W32 A1"),
        (BinaryDense(units=1, input_quantizer=Quantizer(name="dorefa", k_bit=2)), "W1 A2"),
        (Conv(filters=1), "32"),
        (Activation(), ""),
    ],
)
def test_bits_as_people_write_them(block: Block, text: str) -> None:
    assert bits_text(block, precision(block)) == text


def test_precisions() -> None:
    assert precision(BinaryConv(filters=1)) == "binary"
    assert precision(BinaryConv(filters=1, input_quantizer=None)) == "BWN"
    assert precision(BinaryDense(units=1, kernel_quantizer=None)) == "BAN"
    assert precision(BinaryDense(units=1, kernel_quantizer=None, input_quantizer=None)) == "float"
    assert precision(Activation()) == "none"


def test_details() -> None:
    assert detail(Conv(filters=64, strides=2, padding="valid")) == "3 x 3, 64, stride 2, valid"
    assert detail(Conv(filters=64, dilation=(2, 1), activation="relu")) == "3 x 3, 64, dilation 2 x 1, relu"
    assert detail(Shortcut()) == "empty"
    assert detail(Head(classifier="none")) == "softmax"
    conv = BinaryConv(filters=64, groups=4)
    assert detail(conv) == "3 x 3, 64, 4 groups"
    assert detail(DepthwiseConv(strides=2)) == "3 x 3, stride 2"
    assert detail(Branches(body=(conv, Sequence()), merge="concatenate")) == "2 paths, concatenate"
    assert detail(Repeat(times=3, body=(conv,))) == "3 times"
    assert detail(ChannelScaling(reduction=4, body=(conv,))) == "reduction 4"
    assert detail(BlurPool()) == "stride 2, blur 3 x 3"
    assert detail(PoolBatchNorm(pool="global_average", batch_norm=None)) == "global average"
    assert detail(Dropout(rate=0.25)) == "rate 0.25"
