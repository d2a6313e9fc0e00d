from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations

from hypothesis import given

from bnn_designer.cost.partial import figures
from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import (
    Activation,
    BinaryConv,
    Branches,
    ChannelScaling,
    Container,
    Conv,
    Head,
    Repeat,
    Sequence,
    Shortcut,
)
from bnn_designer.design.presets import preset
from bnn_designer.picture.layout import BOX_WIDTH, Strip, box_height, place_blocks
from bnn_designer.picture.outline import outline
from bnn_designer.picture.svg import legend_html, picture_svg
from bnn_designer.ui.shared.look import ERROR_COLOR, PRECISION_COLORS
from tests.strategies import designs

SVG = "{http://www.w3.org/2000/svg}"


def _rows(design: Design):  # type: ignore[no-untyped-def]
    return outline(design, figures(design))


def _strip(design: Design) -> Strip:
    return place_blocks(design, _rows(design))


@given(designs())
def test_a_picture_of_any_document_is_well_formed_and_shows_every_block(design: Design) -> None:
    root = ET.fromstring(picture_svg(design, _rows(design)))
    blocks = [block for _, block in walk(design.blocks)]
    joints = [block for block in blocks if isinstance(block, Container) and not isinstance(block, Repeat | Sequence)]
    assert len(root.findall(f"{SVG}g")) == len(blocks)
    assert len(root.findall(f".//{SVG}circle")) == len(joints)


@given(designs())
def test_boxes_do_not_touch_each_other_and_nothing_leaves_the_picture(design: Design) -> None:
    strip = _strip(design)
    boxes = [(box.x, box.x + BOX_WIDTH, box.y - box.height // 2, box.y + box.height // 2) for box in strip.boxes]
    for (left, right, top, bottom), (left_2, right_2, top_2, bottom_2) in combinations(boxes, 2):
        assert right < left_2 or right_2 < left or bottom < top_2 or bottom_2 < top
    assert all(
        left >= 0 and right <= strip.width and top >= 0 and bottom <= strip.height for left, right, top, bottom in boxes
    )
    assert all(arc.top >= 0 for arc in strip.arcs)
    for frame in strip.frames:
        assert 0 <= frame.x < frame.x + frame.width <= strip.width
        assert 0 <= frame.y < frame.y + frame.height <= strip.height


@given(designs())
def test_arcs_inside_an_arc_are_below_it(design: Design) -> None:
    arcs = _strip(design).arcs
    for arc in arcs:
        assert arc.start < arc.end
        inner = [other for other in arcs if arc.start <= other.start and other.end < arc.end and other.y == arc.y]
        assert all(other.top > arc.top for other in inner)


def test_the_paths_of_branches_are_lanes_above_each_other() -> None:
    path = Sequence(body=(BinaryConv(filters=8), BinaryConv(filters=8)))
    strip = _strip(Design(blocks=(Conv(filters=8), Branches(body=(path, path, Sequence())), Head())))
    lanes = sorted({box.y for box in strip.boxes if box.in_lane})
    assert len(lanes) == 2
    assert len(strip.joints) == 1
    assert len(strip.frames) == 3
    assert lanes[0] < strip.joints[0].y


def test_a_repetition_is_framed_and_says_how_often() -> None:
    design = Design(blocks=(Repeat(times=4, label="stage <1>", body=(Conv(filters=8),)), Head()))
    assert "4 \N{MULTIPLICATION SIGN} stage &lt;1&gt;" in picture_svg(design, _rows(design))


def test_joints_say_what_they_do() -> None:
    conv = BinaryConv(filters=3)
    design = Design(
        blocks=(
            Shortcut(body=(conv,)),
            ChannelScaling(body=(conv,), reduction=1),
            Shortcut(body=(conv,), merge="concatenate"),
            Head(),
        )
    )
    root = ET.fromstring(picture_svg(design, _rows(design)))
    signs = [
        text.text
        for group in root.findall(f"{SVG}g")
        if group.find(f"{SVG}circle") is not None
        for text in group.findall(f"{SVG}text")
    ]
    assert signs == ["+", "\N{MULTIPLICATION SIGN}", "\N{DOUBLE VERTICAL LINE}"]


def test_text_of_a_person_is_escaped() -> None:
    evil = '<script>alert("x")</script>'
    design = Design(name=evil, blocks=(Activation(label=evil), Head(label="a & b")))
    svg = picture_svg(design, _rows(design))
    assert "<script" not in svg
    ET.fromstring(svg)


def test_thirty_blocks_stay_legible() -> None:
    design = Design(blocks=(*(Conv(filters=8) for _ in range(30)), Head()))
    root = ET.fromstring(picture_svg(design, _rows(design)))
    assert int(root.attrib["width"]) > 30 * 100  # wider than a page, which scrolls, rather than small
    assert root.attrib["font-size"] == "11"


def test_colors_say_the_precision_and_the_error() -> None:
    design = preset("bi-real-cifar")
    svg = picture_svg(design, _rows(design))
    assert svg.count(PRECISION_COLORS["binary"]) == 6
    assert ERROR_COLOR not in svg
    broken = Design(blocks=(BinaryConv(filters=1, kernel_size=(40, 40), padding="valid"),))
    assert ERROR_COLOR in picture_svg(broken, _rows(broken))
    assert all(color in legend_html() for color in PRECISION_COLORS.values())


def test_a_larger_image_is_a_taller_box() -> None:
    heights = [box_height(shape) for shape in (None, (10,), (8, 8, 3), (32, 32, 3), (512, 512, 3))]
    assert heights == sorted(heights)
    assert heights[0] == heights[1]
