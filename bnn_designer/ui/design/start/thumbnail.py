"""A small picture of a network, for lists: a bar a layer, colored by precision, as high as its map is large.

Made of the document alone, so that it is quick, and there for an unfinished design too. It holds numbers and colors and
no text of anybody's, so nothing in it can be more than a picture.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import (
    BlurPool,
    Branches,
    ChannelScaling,
    Container,
    Dense,
    DenseBlock,
    Flatten,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Quantized,
    Repeat,
    Shortcut,
    WindowParameters,
    children,
)
from bnn_designer.graph import ops
from bnn_designer.picture.outline import precision
from bnn_designer.ui.shared.look import PRECISION_COLORS

WIDTH, HEIGHT = 240, 50
#: Bars beyond these would be narrower than two pixels.
MAX_BARS = 96
#: Of all branches together.
MAX_SHAPES = 400

_MARGIN, _ARC_ROOM = 3, 10
_WIDEST, _SHORTEST = 11.0, 5.0
_LARGEST_MAP = 224
#: Where there is no layer yet, its place.
_NOTHING = (
    f'<rect x="{_MARGIN}" y="{_ARC_ROOM}" width="60" height="{HEIGHT - _ARC_ROOM - 4}" rx="4" fill="none" '
    'stroke="currentColor" stroke-opacity=".5" stroke-dasharray="4 3"/>'
)


@dataclass(frozen=True)
class Bar:
    """One layer.

    Attributes:
        column: where it stands, counted from the image.
        precision: as in the cost report; "none" for a pool.
        pixels: of its output, on a side; 1 for a vector.
        lane, lanes: which of how many branches it is in.
    """

    column: int
    precision: str
    pixels: int
    lane: int = 0
    lanes: int = 1


@dataclass
class Sketch:
    """The layers of a design from left to right, and what bypasses some of them.

    Attributes:
        arcs: columns, from the first that is bypassed to behind the last, and how many arcs are below it.
        columns: how many there are.
        cut: whether there are more layers than are drawn.
    """

    bars: list[Bar] = field(default_factory=list)
    arcs: list[tuple[int, int, int]] = field(default_factory=list)
    columns: int = 0
    cut: bool = False


@lru_cache(maxsize=512)
def thumbnail(design: Design) -> str:
    """The picture as an SVG element, without text; for a screen reader there is nothing in it."""
    drawn = sketch(design)
    usable = WIDTH - 2 * _MARGIN
    step = min(usable / max(drawn.columns, 1), _WIDEST)
    paths: dict[str, list[str]] = defaultdict(list)
    for bar in drawn.bars:
        paths[bar.precision].append(_bar(bar, step))
    shapes = [f'<path fill="{PRECISION_COLORS[name]}" d="{"".join(parts)}"/>' for name, parts in paths.items()]
    arcs = "".join(_arc(arc, drawn, step) for arc in drawn.arcs)
    if arcs:
        shapes.append(f'<path fill="none" stroke="currentColor" stroke-opacity=".6" d="{arcs}"/>')
    if not drawn.columns:
        shapes.append(_NOTHING)
    if drawn.cut:
        dots = f"M{WIDTH - 1} {HEIGHT // 2}h-9"
        shapes.append(f'<path stroke="currentColor" stroke-width="2" stroke-dasharray="2 2" d="{dots}"/>')
    return (
        f'<svg aria-hidden="true" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMinYMid">{"".join(shapes)}</svg>'
    )


def sketch(design: Design) -> Sketch:
    """The layers of a design, at most :data:`MAX_BARS` columns of them; what repeats is drawn as often as it runs."""
    drawn = Sketch()
    axis = 1 if design.input_shape[0] == 1 else 0  # a time series has its length in the width
    _draw(design.blocks, design.input_shape[axis], axis, drawn)
    return drawn


def _draw(blocks: tuple[Block, ...], pixels: int, axis: int, drawn: Sketch) -> int:
    """Adds blocks in a row; returns the pixels behind them."""
    for block in blocks:
        if _is_full(drawn):
            drawn.cut = True
            break
        if isinstance(block, Repeat):
            pixels = _draw_repeat(block, pixels, axis, drawn)
        elif isinstance(block, Branches):
            pixels = _draw_branches(block, pixels, axis, drawn)
        elif isinstance(block, Container):
            first = drawn.columns
            pixels = _draw(block.body, pixels, axis, drawn)
            if isinstance(block, Shortcut | ChannelScaling):
                _bypass(drawn, first)
        elif isinstance(block, DenseBlock):
            _draw_dense_block(block, pixels, drawn)
        else:
            pixels = _pixels_behind(block, pixels, axis)
            kind = _drawn_as(block)
            if kind is not None:
                drawn.bars.append(Bar(drawn.columns, kind, pixels))
                drawn.columns += 1
    return pixels


def _is_full(drawn: Sketch) -> bool:
    return drawn.columns >= MAX_BARS or len(drawn.bars) >= MAX_SHAPES


def _draw_repeat(block: Repeat, pixels: int, axis: int, drawn: Sketch) -> int:
    for _ in range(block.times):
        before = drawn.columns
        pixels = _draw(block.body, pixels, axis, drawn)
        if drawn.columns == before:  # nothing to see in it, or no room
            break
    return pixels


def _draw_branches(block: Branches, pixels: int, axis: int, drawn: Sketch) -> int:
    """The paths above each other, in the same columns."""
    first, ends = drawn.columns, [pixels]
    longest = first
    for lane, path in enumerate(block.body):
        if _is_full(drawn):
            drawn.cut = True
            break
        inner = Sketch(columns=first)
        ends.append(_draw((path,), pixels, axis, inner))
        drawn.bars += [replace(bar, lane=lane, lanes=len(block.body)) for bar in inner.bars]
        drawn.cut |= inner.cut
        longest = max(longest, inner.columns)
    drawn.columns = longest
    return min(ends)


def _draw_dense_block(block: DenseBlock, pixels: int, drawn: Sketch) -> None:
    kind = ops.precision(block.input_quantizer, block.kernel_quantizer)
    for _ in range(block.layers):
        if _is_full(drawn):
            drawn.cut = True
            return
        first = drawn.columns
        drawn.bars.append(Bar(first, kind, pixels))
        drawn.columns += 1
        _bypass(drawn, first)


def _bypass(drawn: Sketch, first: int) -> None:
    if drawn.columns > first:
        below = [level for start, end, level in drawn.arcs if start >= first and end <= drawn.columns]
        drawn.arcs.append((first, drawn.columns, max(below, default=-1) + 1))


def _pixels_behind(block: Block, pixels: int, axis: int) -> int:
    if isinstance(block, Flatten | GlobalPool | Head) or _is_global(block):
        return 1
    if isinstance(block, WindowParameters):
        step = block.strides[axis]
    elif isinstance(block, PoolBatchNorm):
        step = (block.strides or block.pool_size)[axis]
    else:
        step = block.stride if isinstance(block, BlurPool) else 1
    return max(-(-pixels // step), 1)


def _is_global(block: Block) -> bool:
    return isinstance(block, PoolBatchNorm) and block.pool == "global_average"


def _drawn_as(block: Block) -> str | None:
    """The precision that a block is colored by; None: it is too small to be drawn."""
    if isinstance(block, Quantized | WindowParameters | Dense):
        return precision(block)
    if isinstance(block, PoolBatchNorm | BlurPool | GlobalPool):
        return "none"
    return "float" if isinstance(block, Head) and block.classifier == "dense" else None


def has_shortcuts(design: Design) -> bool:
    """Whether anything is carried around a layer: a shortcut, or the concatenations of a dense block."""
    ahead = list(design.blocks)
    while ahead:
        block = ahead.pop()
        if isinstance(block, Shortcut | DenseBlock):
            return True
        ahead += children(block)
    return False


def _tallest(pixels: int) -> float:
    share = min(math.log2(max(pixels, 1)) / math.log2(_LARGEST_MAP), 1.0)
    return _SHORTEST + (HEIGHT - _ARC_ROOM - _SHORTEST) * share


def _bar(bar: Bar, step: float) -> str:
    tall = _tallest(bar.pixels)
    high = max(tall / bar.lanes - (1 if bar.lanes > 1 else 0), 1)
    center = (HEIGHT + _ARC_ROOM) / 2
    top = center - tall / 2 + bar.lane * tall / bar.lanes
    gap = 1 if step > 3 else 0.4
    return f"M{_MARGIN + bar.column * step:.1f} {top:.1f}h{step - gap:.1f}v{high:.1f}h-{step - gap:.1f}z"


def _arc(arc: tuple[int, int, int], drawn: Sketch, step: float) -> str:
    start, end, level = arc
    tall = max((_tallest(bar.pixels) for bar in drawn.bars if start <= bar.column < end), default=_SHORTEST)
    top = (HEIGHT + _ARC_ROOM) / 2 - tall / 2 - 1
    left, right = _MARGIN + start * step - 0.5, _MARGIN + end * step - 0.5
    rise = min(6 + 5 * level, 2 * top - 2)
    return f"M{left:.1f} {top:.1f}Q{(left + right) / 2:.1f} {top - rise:.1f} {right:.1f} {top:.1f}"
