"""The words and colors that every table, chart and picture shares.

The colors are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any of the common color
vision deficiencies can tell apart; near-black text is readable on each of them, on a light and on a dark page alike.
No meaning is carried by color alone: the precision is always written as well.
"""

from __future__ import annotations

from typing import Literal

from bnn_designer.design.blocks import BLOCK_KINDS, BlockBase
from bnn_designer.errors import DesignError
from bnn_designer.units import sentence

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
PRECISION_HELP: dict[str, str] = {
    "binary": "One-bit inputs and weights: computed with XNOR and popcount.",
    "BWN": "Binary weights only; the inputs stay in floating point.",
    "BAN": "Binary activations only; the weights stay in floating point.",
    "float": "Full precision: 32-bit inputs and weights.",
    "low-bit": "Some other mix, such as binary weights with 2-bit inputs.",
    "none": "No kernel of its own.",
}

#: How bad a finding of the advisor is; the word stands beside the sign and the color.
SEVERITY_COLORS: dict[str, Literal["red", "orange", "blue"]] = {"error": "red", "warning": "orange", "hint": "blue"}
SEVERITY_SIGNS: dict[str, str] = {"error": "■", "warning": "▲", "hint": "●"}

#: Streamlit's names of colors; the status itself is always written.
STATUS_COLORS: dict[str, Literal["gray", "blue", "green", "orange", "red"]] = {
    "queued": "gray",
    "preparing": "blue",
    "running": "blue",
    "paused": "gray",
    "interrupted": "orange",
    "done": "green",
    "cancelled": "orange",
    "failed": "red",
}

#: What lies in memory while the network runs, see ``memory``; patterns tell the kinds apart without colors.
MEMORY_COLORS: dict[str, str] = {
    "image": PRECISION_COLORS["none"],
    "binary": PRECISION_COLORS["binary"],
    "8 bits": PRECISION_COLORS["low-bit"],
    "float, in use": PRECISION_COLORS["float"],
    "float, kept for later layers": "#F2C94C",
    "working memory": "#56B4E9",
}
MEMORY_PATTERNS: dict[str, str] = {
    "image": ".",
    "binary": "",
    "8 bits": "",
    "float, in use": "",
    "float, kept for later layers": "/",
    "working memory": "x",
}

KIND_TITLES: dict[str, str] = {
    "binary_depthwise_conv": "Binary depthwise",
    "conv": "Float conv",
    "depthwise_conv": "Float depthwise",
    "dense": "Float dense",
    "pool_bn": "Pool + batch norm",
}

#: The groups of the palette, by their titles.
KIND_GROUPS: dict[str, tuple[str, ...]] = {
    title: tuple(kind for kind, block_type in BLOCK_KINDS.items() if block_type.group == group)
    for title, group in (("Layers", "layer"), ("Structure", "structure"), ("Pools", "pool"), ("Other layers", "small"))
}


def kind_title(kind: str) -> str:
    """A kind of block as people read it; a kind without a title of its own gets its name with spaces."""
    return KIND_TITLES.get(kind, kind.replace("_", " ").capitalize())


def kind_help(kind: str) -> str:
    """One line on what a kind of block does: the first line of its docstring."""
    return (BLOCK_KINDS[kind].__doc__ or "").strip().splitlines()[0]


def block_title(block: BlockBase) -> str:
    """What a block is called on the page: its label, else its kind's title."""
    return block.label or kind_title(str(getattr(block, "kind", "")))


def error_text(error: DesignError) -> str:
    """An error where its block is named already: the rule, and how to mend it."""
    rule = escape_markdown(error.rule.rstrip("."))
    return f"{sentence(rule)}. **{escape_markdown(error.mend.rstrip('.'))}.**"


def escape_markdown(text: str) -> str:
    """Text that a person typed, so that Streamlit's Markdown shows it as it is."""
    for sign in "\\`*_{}[]()<>#+-.!|~$:":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
