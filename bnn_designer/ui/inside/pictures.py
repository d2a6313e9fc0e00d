"""Pictures out of numbers: kernels as tiles, and images with what was taken for what; one element each."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.inspection.left_looks import FULL, LeftLook
from bnn_designer.inspection.report import Inside
from bnn_designer.units import counted, number_text, percent_text

Pixels = npt.NDArray[np.uint8]

#: The gray between two tiles, and that between tiles that are black for the most part.
GAP, DARK_GAP = 128, 48
#: About how tall tiles are shown where there is room, and the least side of a weight.
_TALL_PX, _LEAST_SIDE_PX = 700, 4
#: What is all below 0 and all above it, as red, green and blue.
BELOW_ABOVE = ((230, 159, 0), (0, 114, 178))
#: From few to many, told apart by who sees no red and green too: red, green and blue, evenly spaced.
SCALE = ((59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))


def tiles_picture(tiles: npt.NDArray[np.uint8]) -> Pixels:
    """A row a filter, a column an input channel, a pixel a weight: black -1, white +1, one gray pixel between kernels.

    Weights of one tap, as those of a dense layer, have no gaps.

    Args:
        tiles: [filters, channels, height, width] of 0 and 1.
    """
    return _beside_each_other(tiles * 255)


def scaled_picture(values: npt.NDArray[Any], most: int) -> Pixels:
    """As :func:`tiles_picture`, each weight in the color of a whole number: black for 0, then from blue to yellow.

    Args:
        values: [filters, channels, height, width], from 0 to ``most``.
        most: what is all yellow.
    """
    places = np.linspace(1, max(most, 2), len(SCALE))
    shades = np.stack([np.interp(np.arange(most + 1), places, color) for color in zip(*SCALE, strict=True)], axis=-1)
    shades[0] = 0
    # as dark as most weights are: a gray grid would hide the few that flip, where a large layer is shown small
    return _beside_each_other(np.rint(shades).astype(np.uint8)[values], DARK_GAP)


def _beside_each_other(tiles: npt.NDArray[Any], between: int = GAP) -> Pixels:
    """[filters, channels, height, width], or with colors behind, as one picture."""
    filters, channels, height, width, *colors = tiles.shape
    gap = 0 if height * width == 1 else 1
    found = np.full((filters, height + gap, channels, width + gap, *colors), between, np.uint8)
    found[:, :height, :, :width] = tiles.swapaxes(1, 2)
    flat = found.reshape(filters * (height + gap), channels * (width + gap), *colors)
    return flat[: flat.shape[0] - gap, : flat.shape[1] - gap]


def tiles_width(picture: Pixels) -> str:
    """How wide tiles are shown, in CSS: as wide as there is room, but not many times taller than a screen.

    A layer of few input channels has few columns, and would be enlarged to the whole width of the page.
    """
    rows, columns = picture.shape[:2]
    side_px = max(_LEAST_SIDE_PX, _TALL_PX // rows)
    return f"min(100%, {side_px * columns}px)"


def scale_html(zero: str, first: str, last: str) -> str:
    """What the colors of :func:`scaled_picture` stand for: black, blue and yellow."""
    stops = ",".join(f"rgb{color}" for color in SCALE)
    square = '<i style="display:inline-block;width:.8em;height:.8em;background:#000;border:1px solid #888"></i>'
    band = f'<i style="display:inline-block;width:6em;height:.8em;background:linear-gradient(90deg,{stops})"></i>'
    words = f"{square} {escape(zero)} &emsp; {escape(first)} {band} {escape(last)}"
    return f'<div style="margin:.3rem 0;font-size:.875rem">{words}</div>'


def tiles_text(tiles: npt.NDArray[Any], shape: Sequence[int], *, colors: bool = True) -> str:
    """What a picture of tiles shows: how many of the kernels, how they lie, and where it shows signs their colors."""
    filters, channels, height, width = tiles.shape
    there = (shape[2], shape[3]) if len(shape) == 4 else (shape[0], shape[1])
    if len(shape) == 4 and shape[3] == 1:
        there = (1, shape[2])
    of = "" if (channels, filters) == there else f", of {there[1]:,} and {there[0]:,}"
    what = f"kernels of {height} x {width}" if height * width > 1 else "weights"
    return (
        f"{what.capitalize()}: {counted(filters, 'filter')} from top to bottom, {counted(channels, 'input channel')} "
        f"from left to right{of}.{' White is +1, black -1.' if colors else ''}"
    )


def picture_html(pixels: Pixels, text: str, *, width: str = "100%") -> str:
    """An element that shows pixels, uint8 [height, width] or [height, width, channels], each as a square.

    Channels that are neither gray nor red, green and blue lie below each other, in gray.

    Args:
        text: what it shows, for those who do not see it.
        width: of the element, in CSS.
    """
    from PIL import Image

    flat = pixels
    if pixels.ndim == 3 and pixels.shape[-1] != 3:
        flat = pixels.transpose(2, 0, 1).reshape(-1, pixels.shape[1])
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(flat)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<img src="data:image/png;base64,{data}" alt="{escape(text, quote=True)}" '
        f'style="width:{width};image-rendering:pixelated">'
    )


def left_html(looks: Sequence[LeftLook], arrays: Sequence[npt.NDArray[Any] | None]) -> str:
    """What each group left for the next ones: its first channels, and what is known of all."""
    figures = []
    for number, (look, array) in enumerate(zip(looks, arrays, strict=True), start=1):
        height, width, channels = look.shape
        size = f"{height} x {width} x {channels:,}" if height * width > 1 else counted(channels, "number")
        kind = (
            "bits"
            if look.bits == 1
            else f"floats from {number_text(look.low, '.3g')} to {number_text(look.high, '.3g')}"
        )
        what = "+1" if look.bits == 1 else "at least 0"
        text = f"Tensor {number}, {look.tensor}: {size}, {kind}"
        if array is None:
            picture = "<p>Too large to be given out by the engine.</p>"
        else:
            picture = picture_html(channels_picture(array, is_bits=look.bits == 1), text)
        shown = "" if array is None or array.shape[2] == channels else f", the first {array.shape[2]} channels shown"
        turned = f"; {counted(look.turned, 'channel')} turned, which the pool turns back" if look.turned else ""
        figures.append(
            f"<figure>{picture}<figcaption>{number}. <b>{escape(look.tensor)}</b><br>{size}, {kind}{shown}{turned}<br>"
            f"{percent_text(look.positive_share)} are {what}<br>by {escape(', '.join(look.layers))}"
            "</figcaption></figure>"
        )
    return f'<div class="bnn-left">{"".join(figures)}</div>'


def channels_picture(array: npt.NDArray[np.int8], *, is_bits: bool) -> Pixels:
    """The channels of a tensor beside each other, eight in a row; of one pixel each 64 in a row, without gaps.

    Args:
        array: [height, width, channels], see :class:`left_looks.LeftLook`.
        is_bits: as black and white; else white is 0, blue above and orange below.
    """
    height, width, channels = array.shape
    gap, columns = (0, 64) if height == width == 1 else (1, 8)
    rows = -(-channels // columns)
    columns = min(columns, channels)
    gray = np.repeat((array[..., None] > 0) * np.uint8(255), 3, axis=-1)
    pixels = gray if is_bits else _both_ways(array)
    found = np.full((rows * columns, height + gap, width + gap, 3), GAP, np.uint8)
    found[:channels, :height, :width] = pixels.transpose(2, 0, 1, 3)
    grid = found.reshape(rows, columns, height + gap, width + gap, 3).swapaxes(1, 2)
    flat = grid.reshape(rows * (height + gap), columns * (width + gap), 3)
    return flat[: flat.shape[0] - gap, : flat.shape[1] - gap]


def _both_ways(array: npt.NDArray[np.int8]) -> Pixels:
    """Colors of -127 .. 127: orange, white, blue."""
    shares = array[..., None] / FULL
    below, above = (np.array(color) for color in BELOW_ABOVE)
    found: Pixels = np.rint(255 + (np.where(shares < 0, below, above) - 255) * np.abs(shares)).astype(np.uint8)
    return found


def mistakes_html(inside: Inside, pictures: Pixels) -> str:
    """The worst mistakes: each image, what it is, what it was taken for and how surely, and its number."""
    names = inside.class_names
    figures = []
    for mistake, picture in zip(inside.mistakes, pictures, strict=True):
        text = f"Test image {mistake.index}, {names[mistake.label]}"
        figures.append(
            f"<figure>{picture_html(picture, text)}<figcaption><b>{escape(names[mistake.answer])}</b> "
            f"{percent_text(mistake.sure, 0)}<br>is {escape(names[mistake.label])} "
            f"{percent_text(mistake.of_label, 0)}<br>image {mistake.index:,}</figcaption></figure>"
        )
    return f'<div class="bnn-mistakes">{"".join(figures)}</div>'
