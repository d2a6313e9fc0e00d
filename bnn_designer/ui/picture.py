"""The picture of the network: a strip of SVG from the image to the classes.

A box a block, colored by precision, its height by the image's; an arc over the blocks that a shortcut bypasses, down to
its addition. Plain text out of plain values: it needs no browser to be tested, and no internet to be shown. Text and
lines take the page's color, so that the picture fits a light and a dark page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import Branches, ChannelScaling, Container, Repeat, Sequence, Shortcut
from bnn_designer.ui.look import ERROR_COLOR, INK, PRECISION_COLORS
from bnn_designer.ui.outline import Row
from bnn_designer.ui.units import count_text, shape_text

_BOX_WIDTH = 104
_SUM_WIDTH = 26
_GAP = 26
_ARC_STEP = 30
_TALLEST = 104
_SHORTEST = 56
_MARGIN = 10
_LEGEND_HEIGHT = 24


@dataclass(frozen=True)
class Box:
    """A block, or the addition that ends a shortcut, placed on the strip. ``x`` is its left edge."""

    x: int
    width: int
    row: Row | None


@dataclass(frozen=True)
class Arc:
    """A shortcut from the wire at ``start`` to the addition at ``end``; ``level`` 1 is the innermost."""

    start: int
    end: int
    level: int
    row: Row


@dataclass(frozen=True)
class Strip:
    """Where everything stands; heights are left to the drawing."""

    boxes: tuple[Box, ...]
    arcs: tuple[Arc, ...]
    width: int


def place_blocks(design: Design, rows: tuple[Row, ...]) -> Strip:
    """Places the image, every block without children, and a joint and an arc for every block that holds others.

    The paths of branches stand in a row under their arc, as the outline has them.
    """
    by_id = {row.block_id: row for row in rows}
    boxes: list[Box] = [Box(_MARGIN, _BOX_WIDTH, None)]
    arcs: list[Arc] = []
    x = _MARGIN + _BOX_WIDTH + _GAP

    def place(blocks: tuple[Block, ...]) -> int:
        """Places blocks and returns how many arcs are stacked over them."""
        nonlocal x
        levels = 0
        for block in blocks:
            if isinstance(block, Container):
                start = x - _GAP // 2
                x += _GAP // 2 if not block.body else 0
                level = place(block.body) + 1
                boxes.append(Box(x, _SUM_WIDTH, by_id[block.id]))
                arcs.append(Arc(start, x + _SUM_WIDTH // 2, level, by_id[block.id]))
                levels = max(levels, level)
                x += _SUM_WIDTH + _GAP
            else:
                boxes.append(Box(x, _BOX_WIDTH, by_id[block.id]))
                x += _BOX_WIDTH + _GAP
        return levels

    place(design.blocks)
    return Strip(tuple(boxes), tuple(arcs), x - _GAP + _MARGIN)


def picture_svg(design: Design, rows: tuple[Row, ...], selected: str | None = None) -> str:
    """The picture as an SVG element of its natural size, in pixels; all text of a person is escaped."""
    strip = place_blocks(design, rows)
    levels = max((arc.level for arc in strip.arcs), default=0)
    middle = _MARGIN + levels * _ARC_STEP + _TALLEST // 2
    height = middle + _TALLEST // 2 + 30
    parts = [_wires(strip, middle)]
    parts += [_arc(arc, middle, selected) for arc in strip.arcs]
    for box in strip.boxes:
        if box.row is None:
            parts.append(_image(box, design, middle))
        elif isinstance(box.row.block, Container):
            parts.append(_sum(box, box.row, middle, selected))
        else:
            parts.append(_block(box, box.row, middle, selected))
    label = _safe(f"Picture of {design.name}: {len(rows)} blocks from the image to the classes")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" width="{strip.width}" '
        f'height="{height}" viewBox="0 0 {strip.width} {height}" font-family="inherit" font-size="11" '
        f'fill="currentColor" text-anchor="middle">{"".join(parts)}</svg>'
    )


def legend_html() -> str:
    """The meaning of the colors, as a line of HTML."""
    names = {
        "binary": "binary",
        "BWN": "binary weights",
        "BAN": "binary activations",
        "float": "float",
        "low-bit": "low-bit",
        "none": "other",
    }
    items = "".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:.8em;height:.8em;border-radius:2px;'
        f'vertical-align:-.05em;background:{PRECISION_COLORS[key]}"></span>&nbsp;{name}</span>'
        for key, name in names.items()
    )
    return f'<div class="bnn-legend">{items}</div>'


def box_height(shape: tuple[int, ...] | None) -> int:
    """Pixels of a box: by the logarithm of the image's height; the least for a vector and where it is unknown."""
    if shape is None or len(shape) != 3:
        return _SHORTEST
    share = math.log2(max(shape[0], 1)) / math.log2(64)
    return round(_SHORTEST + (_TALLEST - _SHORTEST) * min(share, 1.0))


def _wires(strip: Strip, middle: int) -> str:
    joints = zip(strip.boxes, strip.boxes[1:], strict=False)
    return "".join(
        f'<path d="M{before.x + before.width} {middle}H{after.x - 3}" stroke="currentColor" stroke-opacity=".6" '
        f'fill="none"/><path d="M{after.x - 6} {middle - 3}l5 3l-5 3" fill="none" stroke="currentColor" '
        f'stroke-opacity=".6"/>'
        for before, after in joints
    )


def _image(box: Box, design: Design, middle: int) -> str:
    height = box_height(design.input_shape)
    top = middle - height // 2
    return (
        f'<rect x="{box.x}" y="{top}" width="{box.width}" height="{height}" rx="6" fill="none" stroke="currentColor" '
        f'stroke-opacity=".6" stroke-dasharray="4 3"/>{_text(box, middle + 4, "Image", bold=True)}'
        f"{_text(box, top + height + 16, shape_text(design.input_shape))}"
    )


def _block(box: Box, row: Row, middle: int, selected: str | None) -> str:
    height = box_height(row.shape)
    top = middle - height // 2
    shape = shape_text(row.shape) if row.shape else "?"
    lines = [(row.title, True)] + [(text, False) for text in _detail_lines(row)]
    first = middle + 4 - 7 * (len(lines) - 1)
    text = "".join(_text(box, first + 14 * i, line, bold, INK) for i, (line, bold) in enumerate(lines))
    return (
        f'<g>{_tooltip(row)}<rect x="{box.x}" y="{top}" width="{box.width}" height="{height}" rx="6" '
        f'fill="{PRECISION_COLORS[row.precision]}"{_outline(row, selected)}/>{text}'
        f"{_text(box, top + height + 16, '⚠ error' if row.error else shape if row.shape else 'not known')}</g>"
    )


def _detail_lines(row: Row) -> list[str]:
    """The precision in a word, then the settings: what is colored is written as well."""
    detail = _cut(row.detail.replace("stride ", "s"), 18)
    return [text for text in (detail, "" if row.precision == "none" else row.precision) if text]


def _sum(box: Box, row: Row, middle: int, selected: str | None) -> str:
    center = box.x + box.width // 2
    below = "⚠ error" if row.error else ""
    return (
        f'<g>{_tooltip(row)}<circle cx="{center}" cy="{middle}" r="{box.width // 2}" fill="{PRECISION_COLORS["none"]}"'
        f"{_outline(row, selected)}/>{_text(box, middle + 4, _joint(row.block), True, INK)}"
        f"{_text(box, middle + 32, below)}</g>"
    )


def _joint(block: Block) -> str:
    """What happens where an arc ends: an addition, a concatenation, a product, the end of a repetition or sequence."""
    if isinstance(block, Repeat):
        return f"{block.times}\N{MULTIPLICATION SIGN}"
    if isinstance(block, ChannelScaling):
        return "\N{MULTIPLICATION SIGN}"
    if isinstance(block, Sequence):
        return "\N{RIGHTWARDS ARROW}"
    return (
        "\N{DOUBLE VERTICAL LINE}" if isinstance(block, Shortcut | Branches) and block.merge == "concatenate" else "+"
    )


def _arc(arc: Arc, middle: int, selected: str | None) -> str:
    top = middle - _TALLEST // 2 - arc.level * _ARC_STEP + 14
    chosen = arc.row.block_id == selected
    drop = middle - _SUM_WIDTH // 2 - 2
    look = f'stroke-opacity="{1 if chosen else 0.6}" stroke-width="{3 if chosen else 1.5}"'
    line = (
        f'<path d="M{arc.start} {middle}V{top + 10}q0 -10 10 -10H{arc.end - 10}q10 0 10 10V{drop}" '
        f'fill="none" stroke="currentColor" {look}/>'
    )
    if arc.row.precision == "none":
        return line
    center = (arc.start + arc.end) // 2
    return (
        f'{line}<rect x="{center - 32}" y="{top - 9}" width="64" height="18" rx="5" '
        f'fill="{PRECISION_COLORS[arc.row.precision]}"/>'
        f'<text x="{center}" y="{top + 4}" fill="{INK}">{shape_text((1, 1))} float</text>'
    )


def _outline(row: Row, selected: str | None) -> str:
    if row.error:
        return f' stroke="{ERROR_COLOR}" stroke-width="3" stroke-dasharray="5 3"'
    return ' stroke="currentColor" stroke-width="3"' if row.block_id == selected else ""


def _tooltip(row: Row) -> str:
    facts = [row.block_id, row.detail]
    if row.params is not None and row.macs is not None:
        facts.append(f"{count_text(row.params)} weights, {count_text(row.macs)} MACs")
    if row.error:
        facts.append(str(row.error))
    return f"<title>{_safe(' · '.join(fact for fact in facts if fact))}</title>"


def _text(box: Box, y: int, text: str, bold: bool = False, color: str = "") -> str:
    weight = ' font-weight="600"' if bold else ""
    fill = f' fill="{color}"' if color else ""
    return f'<text x="{box.x + box.width // 2}" y="{y}"{weight}{fill}>{_safe(_cut(text, 18))}</text>'


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _safe(text: str) -> str:
    """Text for XML inside Markdown: escaped, on one line, without the control characters that XML does not allow."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text), quote=True)
