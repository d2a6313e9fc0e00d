"""Pictures out of numbers: kernels as tiles, and images with what was taken for what; one element each."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.inspection.report import Inside
from bnn_designer.units import counted, percent_text

Pixels = npt.NDArray[np.uint8]

#: The gray between two tiles.
GAP = 128


def tiles_picture(tiles: npt.NDArray[np.uint8]) -> Pixels:
    """A row a filter, a column an input channel, a pixel a weight: black -1, white +1, one gray pixel between kernels.

    Weights of one tap, as those of a dense layer, have no gaps.

    Args:
        tiles: [filters, channels, height, width] of 0 and 1.
    """
    filters, channels, height, width = tiles.shape
    gap = 0 if height * width == 1 else 1
    found = np.full((filters, height + gap, channels, width + gap), GAP, np.uint8)
    found[:, :height, :, :width] = tiles.transpose(0, 2, 1, 3) * 255
    flat = found.reshape(filters * (height + gap), channels * (width + gap))
    return flat[: flat.shape[0] - gap, : flat.shape[1] - gap]


def tiles_text(tiles: npt.NDArray[Any], shape: Sequence[int]) -> str:
    """What a picture of tiles shows: how many of the kernels, and how they lie."""
    filters, channels, height, width = tiles.shape
    there = (shape[2], shape[3]) if len(shape) == 4 else (shape[0], shape[1])
    if len(shape) == 4 and shape[3] == 1:
        there = (1, shape[2])
    of = "" if (channels, filters) == there else f", of {there[1]:,} and {there[0]:,}"
    what = f"kernels of {height} x {width}" if height * width > 1 else "weights"
    return (
        f"{what.capitalize()}: {counted(filters, 'filter')} from top to bottom, {counted(channels, 'input channel')} "
        f"from left to right{of}. White is +1, black -1."
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
