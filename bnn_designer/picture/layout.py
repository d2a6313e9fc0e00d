"""Where everything stands in the picture of a network: plain numbers, in pixels, drawn by ``svg`` and ``png``.

The network runs from left to right. A shortcut is an arc over what it bypasses, down to a joint; branches are lanes
above each other that end in a joint; what repeats or is a sequence has a frame around it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import Branches, Container, Repeat, Sequence
from bnn_designer.picture.outline import Row

BOX_WIDTH = 104
JOINT_RADIUS = 13
GAP = 26
ARC_STEP = 30
LABEL_HEIGHT = 20
LINE_HEIGHT = 14
_LEAD = 10
_LANE_GAP = 8
_TALLEST, _SHORTEST = 104, 56
_MARGIN = 10
_FRAME_SIDE, _FRAME_TOP, _FRAME_BOTTOM = 8, 18, 6


@dataclass(frozen=True)
class Box:
    """A block without blocks inside, or the image (``row`` None). ``x`` is its left edge, ``y`` its middle.

    ``in_lane``: it is part of a branch, and has no room for the shape below it.
    """

    x: int
    y: int
    height: int
    row: Row | None
    in_lane: bool = False


@dataclass(frozen=True)
class Joint:
    """Where a shortcut, branches or a scaling end: a circle around ``x``, ``y``."""

    x: int
    y: int
    row: Row


@dataclass(frozen=True)
class Arc:
    """A bypass from the wire at ``start`` over ``top`` to the joint at ``end``; the wire is at ``y``."""

    start: int
    end: int
    y: int
    top: int
    row: Row


@dataclass(frozen=True)
class Frame:
    """A rectangle around what repeats, or around a sequence."""

    x: int
    y: int
    width: int
    height: int
    row: Row


@dataclass(frozen=True)
class Wire:
    """A line through these points, right-angled; with an arrow where it reaches a box or a joint."""

    points: tuple[tuple[int, int], ...]
    arrow: bool = True


@dataclass
class Strip:
    """Everything in the picture, and how large that is."""

    width: int = 0
    height: int = 0
    boxes: list[Box] = field(default_factory=list)
    joints: list[Joint] = field(default_factory=list)
    arcs: list[Arc] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


def place_blocks(design: Design, rows: tuple[Row, ...]) -> Strip:
    """The picture of a design, from the image to its last block."""
    layout = _Layout({row.block_id: row for row in rows})
    image = box_height(design.input_shape)
    above, below = layout.extent(design.blocks, False)
    above, below = max(above, image // 2), max(below, image // 2 + LABEL_HEIGHT)
    y = _MARGIN + above
    layout.strip.boxes.append(Box(_MARGIN, y, image, None))
    end = layout.series(design.blocks, _MARGIN + BOX_WIDTH, y, False) if design.blocks else _MARGIN + BOX_WIDTH
    layout.strip.width, layout.strip.height = end + _MARGIN, y + below + _MARGIN
    return layout.strip


def lines_of(strip: Strip, width: int) -> list[tuple[int, int]]:
    """The strip as lines of a page: where each begins and ends. They end between boxes, where there is such a place."""
    ends, start = [], 0
    while strip.width - start > width:
        free = (x for x in range(start + width, start + width // 2, -1) if not _cuts(strip, x))
        end = next(free, start + width)
        ends.append((start, end))
        start = end
    return [*ends, (start, strip.width)]


def _cuts(strip: Strip, x: int) -> bool:
    in_box = any(box.x - 8 < x < box.x + BOX_WIDTH + 2 for box in strip.boxes)
    return in_box or any(abs(joint.x - x) < JOINT_RADIUS + 8 for joint in strip.joints)


def box_height(shape: tuple[int, ...] | None) -> int:
    """Pixels of a box: by the logarithm of the image's height; the least for a vector and where it is unknown."""
    if shape is None or len(shape) != 3:
        return _SHORTEST
    share = math.log2(max(shape[0], 1)) / math.log2(64)
    return round(_SHORTEST + (_TALLEST - _SHORTEST) * min(share, 1.0))


class _Layout:
    """Places blocks on a strip; each method returns where the wire goes on."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self.rows = rows
        self.strip = Strip()

    def extent(self, blocks: tuple[Block, ...], in_lane: bool) -> tuple[int, int]:
        """Pixels that blocks in a row need above and below their wire."""
        sizes = [self._extent(block, in_lane) for block in blocks] or [(LINE_HEIGHT, LINE_HEIGHT)]
        return max(above for above, _ in sizes), max(below for _, below in sizes)

    def _extent(self, block: Block, in_lane: bool) -> tuple[int, int]:
        if not isinstance(block, Container):
            height = self._height(block, in_lane)
            return height // 2, height // 2 + (0 if in_lane else LABEL_HEIGHT)
        if isinstance(block, Branches):
            lanes = sum(sum(self._extent(path, True)) + _LANE_GAP for path in block.body) - _LANE_GAP
            half = max(-(-lanes // 2), JOINT_RADIUS)
            return half, half
        above, below = self.extent(block.body, in_lane)
        if isinstance(block, Repeat | Sequence):
            return above + self._frame_top(block), below + _FRAME_BOTTOM
        return max(above, JOINT_RADIUS) + ARC_STEP, max(below, JOINT_RADIUS)

    @staticmethod
    def _frame_top(block: Block) -> int:
        return _FRAME_TOP if isinstance(block, Repeat) or block.label else _FRAME_BOTTOM

    def _height(self, block: Block, in_lane: bool) -> int:
        return _SHORTEST if in_lane else box_height(self.rows[block.id].shape)

    def series(self, blocks: tuple[Block, ...], x: int, y: int, in_lane: bool) -> int:
        """Places blocks in a row behind ``x``; no blocks are a wire."""
        if not blocks:
            self.strip.wires.append(Wire(((x, y), (x + GAP, y)), arrow=False))
            return x + GAP
        for block in blocks:
            leaf = not isinstance(block, Container)
            start = x + (GAP if leaf else _LEAD)
            self.strip.wires.append(Wire(((x, y), (start, y)), arrow=leaf))
            x = self._place(block, start, y, in_lane)
        return x

    def _place(self, block: Block, x: int, y: int, in_lane: bool) -> int:
        row = self.rows[block.id]
        if not isinstance(block, Container):
            self.strip.boxes.append(Box(x, y, self._height(block, in_lane), row, in_lane))
            return x + BOX_WIDTH
        if isinstance(block, Repeat | Sequence):
            return self._framed(block, row, x, y, in_lane)
        end = self._lanes(block, x, y) if isinstance(block, Branches) else self.series(block.body, x, y, in_lane)
        center = end + GAP + JOINT_RADIUS
        self.strip.wires.append(Wire(((end, y), (center - JOINT_RADIUS, y))))
        self.strip.joints.append(Joint(center, y, row))
        if not isinstance(block, Branches):
            self.strip.arcs.append(Arc(x, center, y, y - self._extent(block, in_lane)[0] + 14, row))
        return center + JOINT_RADIUS

    def _framed(self, block: Block, row: Row, x: int, y: int, in_lane: bool) -> int:
        assert isinstance(block, Container)
        above, below = self._extent(block, in_lane)
        end = self.series(block.body, x, y, in_lane) + _FRAME_SIDE
        self.strip.frames.append(Frame(x, y - above, end - x, above + below, row))
        return end

    def _lanes(self, block: Branches, x: int, y: int) -> int:
        """Places the paths above each other; returns where they are together again."""
        sizes = [self._extent(path, True) for path in block.body]
        if not sizes:
            return self.series((), x, y, True)
        top = y - (sum(above + below for above, below in sizes) + _LANE_GAP * (len(sizes) - 1)) // 2
        ends: list[tuple[int, int]] = []
        for path, (above, below) in zip(block.body, sizes, strict=True):
            lane = top + above
            leaf = not isinstance(path, Container)
            start = x + (GAP if leaf else _LEAD)
            self.strip.wires.append(Wire(((x, y), (x, lane), (start, lane)), arrow=leaf))
            ends.append((self._place(path, start, lane, True), lane))
            top += above + below + _LANE_GAP
        end = max(at for at, _ in ends) + _LEAD
        self.strip.wires += [Wire(((at, lane), (end, lane), (end, y)), arrow=False) for at, lane in ends]
        return end
