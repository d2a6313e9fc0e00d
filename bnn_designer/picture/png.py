"""The picture of the network as pixels: what ``svg`` draws, on white, for where an SVG cannot stand."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bnn_designer.design import Design
from bnn_designer.picture.colors import ERROR_COLOR, INK, PRECISION_COLORS
from bnn_designer.picture.layout import (
    BOX_WIDTH,
    JOINT_RADIUS,
    LINE_HEIGHT,
    Arc,
    Box,
    Frame,
    Joint,
    Strip,
    Wire,
    place_blocks,
)
from bnn_designer.picture.outline import Row
from bnn_designer.picture.words import arc_label, below_text, cut, detail_lines, frame_title, joint_sign
from bnn_designer.units import shape_text

#: Pixels for one of the layout's, so that text is sharp in print.
SCALE = 2
#: The most pixels that are drawn.
LARGEST = 60_000_000
_FONT_SIZE = 10
# As the SVG's lines of INK at 0.6 and 0.45, and its frames at 0.04, on white.
_WIRE, _BORDER, _FRAME = "#707070", "#949494", "#F5F5F5"
#: Fonts that have the signs of a picture, of Linux, Windows and macOS; they run wider than the SVG's. Without any:
#: Pillow's own, which has plain Latin only.
_FONTS = ("DejaVuSans.ttf", "arial.ttf", "Arial.ttf")
_BOLD = ("DejaVuSans-Bold.ttf", "arialbd.ttf", "Arial Bold.ttf")
_PLAIN = {"\N{MULTIPLICATION SIGN}": "x", "\N{DOUBLE VERTICAL LINE}": "||", "⚠ ": ""}

Point = tuple[float, float]


def picture_png(design: Design, rows: tuple[Row, ...]) -> bytes | None:
    """The picture as a PNG file; None where it would have more than :data:`LARGEST` pixels."""
    strip = place_blocks(design, rows)
    width, height = strip.width * SCALE, strip.height * SCALE
    if not fits(strip):
        return None
    image = Image.new("RGB", (width, height), "white")
    pen = _Pen(ImageDraw.Draw(image))
    for frame in strip.frames:
        _frame(pen, frame)
    for wire in strip.wires:
        _wire(pen, wire)
    for arc in strip.arcs:
        _arc(pen, arc)
    for box in strip.boxes:
        _box(pen, box, design)
    for joint in strip.joints:
        _joint(pen, joint)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def fits(strip: Strip) -> bool:
    """Whether a picture is small enough to be drawn."""
    return strip.width * strip.height * SCALE**2 <= LARGEST


class _Pen:
    """Draws in the layout's pixels."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def line(self, points: list[Point], color: str = _WIRE, width: float = 1) -> None:
        self._draw.line([(x * SCALE, y * SCALE) for x, y in points], color, round(width * SCALE), joint="curve")

    def box(self, corner: Point, size: Point, radius: float, **look: Any) -> None:
        (left, top), (width, height) = corner, size
        corners = (left * SCALE, top * SCALE, (left + width) * SCALE, (top + height) * SCALE)
        self._draw.rounded_rectangle(corners, radius * SCALE, **look)

    def circle(self, x: float, y: float, radius: float, **look: Any) -> None:
        self._draw.circle((x * SCALE, y * SCALE), radius * SCALE, **look)

    def text(self, x: float, y: float, text: str, bold: bool = False, anchor: str = "ms") -> None:
        font, is_plain = _font(bold)
        text = "".join(sign if sign.isprintable() else " " for sign in text)
        for sign, instead in _PLAIN.items() if is_plain else ():
            text = text.replace(sign, instead)
        self._draw.text((x * SCALE, y * SCALE), text, font=font, fill=INK, anchor=anchor)


@cache
def _font(bold: bool) -> tuple[Any, bool]:
    """The font, and whether it has plain Latin only."""
    for name in _BOLD if bold else _FONTS:
        try:
            return ImageFont.truetype(name, _FONT_SIZE * SCALE, layout_engine=ImageFont.Layout.BASIC), False
        except OSError:
            continue
    return ImageFont.load_default(_FONT_SIZE * SCALE), True


def _frame(pen: _Pen, frame: Frame) -> None:
    pen.box((frame.x, frame.y), (frame.width, frame.height), 8, fill=_FRAME, outline=_BORDER, width=SCALE)
    pen.text(frame.x + 8, frame.y + 13, frame_title(frame.row), bold=True, anchor="ls")


def _wire(pen: _Pen, wire: Wire) -> None:
    pen.line([*wire.points])
    if wire.arrow:
        x, y = wire.points[-1]
        pen.line([(x - 6, y - 3), (x - 1, y), (x - 6, y + 3)])


def _arc(pen: _Pen, arc: Arc) -> None:
    pen.line([(arc.start, arc.y), (arc.start, arc.top), (arc.end, arc.top), (arc.end, arc.y - JOINT_RADIUS)], width=1.5)
    if label := arc_label(arc.row):
        center = (arc.start + arc.end) / 2
        pen.box((center - 36, arc.top - 9), (72, 18), 5, fill=PRECISION_COLORS["float"])
        pen.text(center, arc.top + 4, label)


def _box(pen: _Pen, box: Box, design: Design) -> None:
    top, center = box.y - box.height // 2, box.x + BOX_WIDTH // 2
    if box.row is None:
        pen.box((box.x, top), (BOX_WIDTH, box.height), 6, outline=_WIRE, width=SCALE)
        pen.text(center, box.y + 4, "Image", bold=True)
        pen.text(center, top + box.height + 16, shape_text(design.input_shape))
        return
    row = box.row
    pen.box((box.x, top), (BOX_WIDTH, box.height), 6, fill=PRECISION_COLORS[row.precision], **_outline(row))
    lines = [(cut(row.title, 18), True), *((text, False) for text in detail_lines(row))]
    first = box.y + 4 - LINE_HEIGHT // 2 * (len(lines) - 1)
    for i, (text, bold) in enumerate(lines):
        pen.text(center, first + LINE_HEIGHT * i, text, bold)
    pen.text(center, top + box.height + 16, below_text(box, row))


def _joint(pen: _Pen, joint: Joint) -> None:
    pen.circle(joint.x, joint.y, JOINT_RADIUS, fill=PRECISION_COLORS["none"], **_outline(joint.row))
    pen.text(joint.x, joint.y + 4, joint_sign(joint.row.block), bold=True)
    if joint.row.error:
        pen.text(joint.x, joint.y + 32, "⚠ error")


def _outline(row: Row) -> dict[str, Any]:
    return {"outline": ERROR_COLOR, "width": 3 * SCALE} if row.error else {}
