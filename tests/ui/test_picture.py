from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given

from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import Activation, BinaryConv, Container, Conv, Head
from bnn_designer.design.presets import preset
from bnn_designer.ui.look import ERROR_COLOR, PRECISION_COLORS
from bnn_designer.ui.outline import outline
from bnn_designer.ui.partial import figures
from bnn_designer.ui.picture import Strip, box_height, legend_html, picture_svg, place_blocks
from tests.strategies import designs

SVG = "{http://www.w3.org/2000/svg}"


def _rows(design: Design):  # type: ignore[no-untyped-def]
    return outline(design, figures(design))


def _strip(design: Design) -> Strip:
    return place_blocks(design, _rows(design))


@given(designs())
def test_a_picture_of_any_document_is_well_formed_and_shows_every_block(design: Design) -> None:
    root = ET.fromstring(picture_svg(design, _rows(design)))
    holders = [block for _, block in walk(design.blocks) if isinstance(block, Container)]
    assert len(root.findall(f"{SVG}g")) == len(list(walk(design.blocks)))
    assert len(root.findall(f".//{SVG}circle")) == len(holders)


@given(designs())
def test_boxes_do_not_touch_and_arcs_span_their_shortcut(design: Design) -> None:
    strip = _strip(design)
    for before, after in zip(strip.boxes, strip.boxes[1:], strict=False):
        assert before.x + before.width < after.x
    assert strip.boxes[-1].x + strip.boxes[-1].width <= strip.width
    for arc in strip.arcs:
        assert arc.start < arc.end
        inner = [other for other in strip.arcs if arc.start < other.start and other.end < arc.end]
        assert all(other.level < arc.level for other in inner)


def test_text_of_a_person_is_escaped() -> None:
    evil = '<script>alert("x")</script>'
    design = Design(name=evil, blocks=(Activation(label=evil), Head(label="a\x00b\x1b")))
    svg = picture_svg(design, _rows(design))
    assert "<script" not in svg
    assert "\x00" not in svg
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
    broken = Design(blocks=(BinaryConv(filters=1, kernel_size=(40, 40)),))
    assert ERROR_COLOR in picture_svg(broken, _rows(broken))
    assert all(color in legend_html() for color in PRECISION_COLORS.values())


def test_a_larger_image_is_a_taller_box() -> None:
    heights = [box_height(shape) for shape in (None, (10,), (8, 8, 3), (32, 32, 3), (512, 512, 3))]
    assert heights == sorted(heights)
    assert heights[0] == heights[1]
