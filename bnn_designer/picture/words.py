"""What stands in the picture of a network: the words at each box, joint, arc and frame."""

from __future__ import annotations

from bnn_designer.design import Block
from bnn_designer.design.blocks import Branches, ChannelScaling, Repeat, Shortcut
from bnn_designer.picture.layout import Box
from bnn_designer.picture.outline import Row
from bnn_designer.units import shape_text


def detail_lines(row: Row) -> list[str]:
    """The settings, then the precision in a word: what is colored is written as well."""
    detail = cut(row.detail.replace("stride ", "s"), 18)
    return [text for text in (detail, "" if row.precision == "none" else row.precision) if text]


def below_text(box: Box, row: Row) -> str:
    """What stands below a box: the shape that it makes."""
    return "" if box.in_lane else "⚠ error" if row.error else shape_text(row.shape) if row.shape else "not known"


def joint_sign(block: Block) -> str:
    """What happens at a joint: an addition, a concatenation (two bars) or a product."""
    if isinstance(block, ChannelScaling):
        return "\N{MULTIPLICATION SIGN}"
    return (
        "\N{DOUBLE VERTICAL LINE}" if isinstance(block, Shortcut | Branches) and block.merge == "concatenate" else "+"
    )


def arc_label(row: Row) -> str:
    """What the bypass computes; "" where it passes the input on."""
    if isinstance(row.block, ChannelScaling):
        return "scale, float"
    return "" if row.precision == "none" else f"{shape_text((1, 1))} {row.precision}"


def frame_title(row: Row) -> str:
    """What stands in a frame's corner: how often it repeats, and its label."""
    times = f"{row.block.times} \N{MULTIPLICATION SIGN}" if isinstance(row.block, Repeat) else ""
    return cut(" ".join(part for part in (times, row.block.label) if part), 24)


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
