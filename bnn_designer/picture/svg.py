"""The picture of the network: a strip of SVG from the image to the classes.

A box a block, colored by precision, its height by the image's; :mod:`bnn_designer.picture.layout` says where
each stands. Plain text out of plain values: it needs no browser to be tested, and no internet to be shown. Text and
lines take the page's color, so that the picture fits a light and a dark page.
"""

from __future__ import annotations

from html import escape

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
    Wire,
    place_blocks,
)
from bnn_designer.picture.outline import Row
from bnn_designer.picture.words import arc_label, below_text, cut, detail_lines, frame_title, joint_sign
from bnn_designer.units import count_text, counted, shape_text

#: The font where there is no page around the picture.
FONT = "system-ui, sans-serif"
_LINE = 'fill="none" stroke="currentColor"'


def picture_svg(
    design: Design,
    rows: tuple[Row, ...],
    selected: str | None = None,
    font: str = "inherit",
) -> str:
    """The picture as an SVG element of its natural size, in pixels; all text of a person is escaped.

    Args:
        design: the network.
        rows: of its outline.
        selected: the id of the block that is marked, if any.
        font: of all text; by default that of the page around it, as its color is.
    """
    strip = place_blocks(design, rows)
    parts = [_frame(frame, selected) for frame in strip.frames]
    parts += [_wire(wire) for wire in strip.wires]
    parts += [_arc(arc, selected) for arc in strip.arcs]
    parts += [_image(box, design) if box.row is None else _block(box, box.row, selected) for box in strip.boxes]
    parts += [_joint(joint, selected) for joint in strip.joints]
    label = _safe(f"Picture of {design.name}: {counted(len(rows), 'block')} from the image to the classes")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" width="{strip.width}" '
        f'height="{strip.height}" viewBox="0 0 {strip.width} {strip.height}" font-family="{font}" font-size="11" '
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


def _wire(wire: Wire) -> str:
    (x, y), *rest = wire.points
    end_x, end_y = wire.points[-1]
    path = f"M{x} {y}" + "".join(f"L{to_x} {to_y}" for to_x, to_y in rest)
    line = f'<path d="{path}" {_LINE} stroke-opacity=".6"/>'
    if not wire.arrow:
        return line
    return f'{line}<path d="M{end_x - 6} {end_y - 3}l5 3l-5 3" {_LINE} stroke-opacity=".6"/>'


def _image(box: Box, design: Design) -> str:
    top = box.y - box.height // 2
    return (
        f'<rect x="{box.x}" y="{top}" width="{BOX_WIDTH}" height="{box.height}" rx="6" {_LINE} '
        f'stroke-opacity=".6" stroke-dasharray="4 3"/>{_text(_center(box), box.y + 4, "Image", bold=True)}'
        f"{_text(_center(box), top + box.height + 16, shape_text(design.input_shape))}"
    )


def _block(box: Box, row: Row, selected: str | None) -> str:
    top = box.y - box.height // 2
    lines = [(row.title, True)] + [(text, False) for text in detail_lines(row)]
    first = box.y + 4 - LINE_HEIGHT // 2 * (len(lines) - 1)
    x = _center(box)
    text = "".join(_text(x, first + LINE_HEIGHT * i, line, bold, INK) for i, (line, bold) in enumerate(lines))
    below = below_text(box, row)
    return (
        f'<g>{_tooltip(row)}<rect x="{box.x}" y="{top}" width="{BOX_WIDTH}" height="{box.height}" rx="6" '
        f'fill="{PRECISION_COLORS[row.precision]}"{_outline(row, selected)}/>{text}'
        f"{_text(x, top + box.height + 16, below) if below else ''}</g>"
    )


def _center(box: Box) -> int:
    return box.x + BOX_WIDTH // 2


def _joint(joint: Joint, selected: str | None) -> str:
    row = joint.row
    below = _text(joint.x, joint.y + 32, "⚠ error") if row.error else ""
    return (
        f'<g>{_tooltip(row)}<circle cx="{joint.x}" cy="{joint.y}" r="{JOINT_RADIUS}" fill="{PRECISION_COLORS["none"]}"'
        f"{_outline(row, selected)}/>{_text(joint.x, joint.y + 4, joint_sign(row.block), True, INK)}{below}</g>"
    )


def _frame(frame: Frame, selected: str | None) -> str:
    """What repeats says how often, in its corner; a sequence has its label there, if it has one."""
    row = frame.row
    look = _outline(row, selected) or ' stroke="currentColor" stroke-opacity=".45" stroke-dasharray="2 3"'
    title = frame_title(row)
    place = f'x="{frame.x + 8}" y="{frame.y + 13}" text-anchor="start" font-weight="600"'
    text = f"<text {place}>{_safe(title)}</text>"
    return (
        f'<g>{_tooltip(row)}<rect x="{frame.x}" y="{frame.y}" width="{frame.width}" height="{frame.height}" rx="8" '
        f'fill="currentColor" fill-opacity=".04"{look}/>{text if title else ""}</g>'
    )


def _arc(arc: Arc, selected: str | None) -> str:
    chosen = arc.row.block_id == selected
    drop = arc.y - JOINT_RADIUS - 2
    look = f'stroke-opacity="{1 if chosen else 0.6}" stroke-width="{3 if chosen else 1.5}"'
    line = (
        f'<path d="M{arc.start} {arc.y}V{arc.top + 10}q0 -10 10 -10H{arc.end - 10}q10 0 10 10V{drop}" {_LINE} {look}/>'
    )
    label = arc_label(arc.row)
    if not label:
        return line
    center = (arc.start + arc.end) // 2
    return (
        f'{line}<rect x="{center - 36}" y="{arc.top - 9}" width="72" height="18" rx="5" '
        f'fill="{PRECISION_COLORS["float"]}"/><text x="{center}" y="{arc.top + 4}" fill="{INK}">{label}</text>'
    )


def _outline(row: Row, selected: str | None) -> str:
    if row.error:
        return f' stroke="{ERROR_COLOR}" stroke-width="3" stroke-dasharray="5 3"'
    return ' stroke="currentColor" stroke-width="3"' if row.block_id == selected else ""


def _tooltip(row: Row) -> str:
    facts = [row.block_id, row.detail]
    if row.known:
        facts.append(f"{count_text(row.sums.params)} weights, {count_text(row.sums.macs)} MACs")
    if row.error:
        facts.append(str(row.error))
    return f"<title>{_safe(' · '.join(fact for fact in facts if fact))}</title>"


def _text(x: int, y: int, text: str, bold: bool = False, color: str = "") -> str:
    weight = ' font-weight="600"' if bold else ""
    fill = f' fill="{color}"' if color else ""
    return f'<text x="{x}" y="{y}"{weight}{fill}>{_safe(cut(text, 18))}</text>'


def _safe(text: str) -> str:
    """Text for XML inside Markdown: escaped, on one line, without the control characters that XML does not allow."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text), quote=True)
