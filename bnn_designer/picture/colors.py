"""The colors of pictures and charts.

They are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any of the common color vision
deficiencies can tell apart; near-black text is readable on each of them, on a light and on a dark page alike. No
meaning is carried by color alone: the precision is always written as well.
"""

from __future__ import annotations

from collections.abc import Iterable

INK = "#111111"
ERROR_COLOR = "#E5484D"
CURVE_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#9A8C00", "#888888")

#: A layer's precision, as the cost report names it, and its color. "none": no kernel of its own.
PRECISION_COLORS: dict[str, str] = {
    "binary": "#2FB58F",
    "BWN": "#56B4E9",
    "BAN": "#D68FB6",
    "float": "#E8894A",
    "low-bit": "#D6CB5A",
    "none": "#B4B8C0",
}

#: What lies in memory while the network runs, see ``memory``.
MEMORY_COLORS: dict[str, str] = {
    "image": PRECISION_COLORS["none"],
    "binary": PRECISION_COLORS["binary"],
    "8 bits": PRECISION_COLORS["low-bit"],
    "float, in use": PRECISION_COLORS["float"],
    "float, kept for later layers": "#F2C94C",
    "working memory": "#56B4E9",
}

_BLACK, _WHITE = "#000000", "#FFFFFF"


def luminance(color: Iterable[float]) -> float:
    """How bright a color is, from 0 for black to 1 for white: WCAG 2.2's relative luminance.

    Args:
        color: red, green and blue in sRGB, 0 to 255 each.
    """
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(color: Iterable[float]) -> str:
    """Black or white, whichever is easier to read on a color.

    WCAG's contrast is ``(brighter + 0.05) / (darker + 0.05)`` of the luminances. That of black and that of white
    multiply to ``1.05 / 0.05 = 21``, so the larger of the two is at least the root of 21, which is 4.58.
    """
    paper = luminance(color) + 0.05
    return _BLACK if paper * paper >= 1.05 * 0.05 else _WHITE
