"""Small pictures: a bar a layer, arcs over what is bypassed, bounded whatever the design is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given

from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import (
    BinaryConv,
    BlurPool,
    Branches,
    Conv,
    DenseBlock,
    Dropout,
    Flatten,
    Head,
    PoolBatchNorm,
    Repeat,
    Shortcut,
)
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.ui.design.start.thumbnail import (
    HEIGHT,
    MAX_BARS,
    MAX_SHAPES,
    WIDTH,
    Bar,
    has_shortcuts,
    sketch,
    thumbnail,
)
from bnn_designer.ui.shared.look import PRECISION_COLORS
from tests.strategies import designs


def _bars(*blocks: Block) -> list[Bar]:
    return sketch(Design(input_shape=(32, 32, 3), blocks=blocks)).bars


def test_a_bar_a_layer_by_precision_and_by_the_pixels_of_its_output() -> None:
    bars = _bars(
        Conv(filters=8, strides=(2, 2)),
        BinaryConv(filters=8),
        Dropout(),  # nothing to be seen
        PoolBatchNorm(pool="max", pool_size=(2, 2)),
        BlurPool(stride=2),
        Flatten(),
        Head(),
    )
    assert [(bar.precision, bar.pixels) for bar in bars] == [
        ("float", 32 // 2),
        ("binary", 32 // 2),
        ("none", 32 // 2 // 2),
        ("none", 32 // 2 // 2 // 2),
        ("float", 1),
    ]
    assert [bar.column for bar in bars] == [0, 1, 2, 3, 4]


def test_what_repeats_is_drawn_as_often_as_it_runs_with_its_arcs() -> None:
    one = Shortcut(body=(BinaryConv(filters=8),))
    drawn = sketch(Design(blocks=(Conv(filters=8), Repeat(times=3, body=(one, one)))))
    assert drawn.columns == 1 + 3 * 2
    assert drawn.arcs == [(column, column + 1, 0) for column in range(1, 7)]
    outer = sketch(Design(blocks=(Shortcut(body=(one, one)),)))
    assert outer.arcs == [(0, 1, 0), (1, 2, 0), (0, 2, 1)]  # the outer one above those inside


def test_branches_share_their_columns() -> None:
    long = Repeat(times=3, body=(BinaryConv(filters=8),))
    drawn = sketch(Design(blocks=(Branches(body=(BinaryConv(filters=8), long)), Head())))
    assert [(bar.column, bar.lane, bar.lanes) for bar in drawn.bars] == [
        (0, 0, 2),
        (0, 1, 2),
        (1, 1, 2),
        (2, 1, 2),
        (3, 0, 1),
    ]


def test_a_time_series_has_its_length_in_the_width() -> None:
    blocks = (Conv(filters=8, kernel_size=(1, 7), strides=(1, 4)),)
    assert [bar.pixels for bar in sketch(Design(input_shape=(1, 128, 9), blocks=blocks)).bars] == [128 // 4]


def test_a_dense_block_is_as_many_layers_as_it_has() -> None:
    drawn = sketch(Design(blocks=(DenseBlock(layers=5),)))
    assert (len(drawn.bars), len(drawn.arcs)) == (5, 5)


def test_presets_with_and_without_shortcuts() -> None:
    without = {"binarynet", "vgg-small-bnn", "xnor-net-cifar", "binary-alexnet", "xnor-net", "dorefa-net"}
    assert {name for name in PRESETS if not has_shortcuts(preset(name))} == without


def test_a_long_design_is_cut() -> None:
    huge: Block = BinaryConv(filters=8)
    for _ in range(8):
        huge = Repeat(times=4096, body=(huge, Repeat(times=4096)))
    drawn = sketch(Design(blocks=(huge,)))
    assert (drawn.columns, drawn.cut) == (MAX_BARS, True)
    wide = sketch(Design(blocks=(Branches(body=tuple(Repeat(times=90, body=(Conv(filters=1),)) for _ in range(90))),)))
    assert len(wide.bars) <= MAX_SHAPES + MAX_BARS
    assert wide.cut


@given(designs())
def test_any_design_has_a_picture_inside_its_frame(design: Design) -> None:
    root = ET.fromstring(thumbnail(design))
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert not "".join(root.itertext()).strip()  # no text, so no text of a person's
    colors = {path.get("fill") for path in root}
    assert colors <= {*PRECISION_COLORS.values(), "none", None}
    for path in root:
        for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path.get("d", "")):
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT
