"""The picture as pixels: the SVG's boxes in their places and colors, within bounds."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageColor

from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.picture import png
from bnn_designer.picture.colors import PRECISION_COLORS
from bnn_designer.picture.layout import BOX_WIDTH, lines_of, place_blocks
from bnn_designer.picture.outline import outline

LABEL = "Größe \N{MULTIPLICATION SIGN}\n2"
SMALL = Design(
    name="small",
    blocks=(
        b.BinaryConv(filters=4, label=LABEL),
        b.Shortcut(body=(b.BinaryConv(filters=8),), on_shape_change="average_pool_pointwise"),
        b.Branches(body=(b.BinaryConv(filters=4), b.Sequence(body=(b.BatchNorm(),))), merge="concatenate"),
        b.Repeat(times=2, body=(b.BinaryConv(filters=12),)),
        b.GlobalPool(),
        b.Head(),
    ),
)


@pytest.mark.parametrize("fonts", [png._FONTS, ()], ids=["a font of the machine", "Pillow's own"])
def test_boxes_are_where_the_layout_has_them(fonts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_FONTS", fonts)
    monkeypatch.setattr(png, "_BOLD", fonts)
    png._font.cache_clear()
    rows = outline(SMALL, figures(SMALL))
    data = png.picture_png(SMALL, rows)
    assert data is not None
    assert png.picture_png(SMALL, rows) == data
    strip, image = place_blocks(SMALL, rows), Image.open(io.BytesIO(data))
    assert image.size == (2 * strip.width, 2 * strip.height)
    for box in strip.boxes:
        corner = (2 * box.x + 8, 2 * (box.y - box.height // 2) + 8)  # a little inside, where no text is
        color = ImageColor.getrgb("white" if box.row is None else PRECISION_COLORS[box.row.precision])
        assert image.getpixel(corner) == color
    png._font.cache_clear()


def test_a_picture_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "LARGEST", 1000)
    assert png.picture_png(SMALL, outline(SMALL, figures(SMALL))) is None


def test_lines_of_a_page_cut_no_box() -> None:
    design = preset("quicknet")
    strip = place_blocks(design, outline(design, figures(design)))
    lines = lines_of(strip, 900)
    assert lines[0][0] == 0
    assert [start for start, _ in lines[1:]] == [end for _, end in lines[:-1]]
    assert lines[-1][1] == strip.width
    for _, end in lines[:-1]:
        assert not any(box.x < end < box.x + BOX_WIDTH for box in strip.boxes)
