"""The words and colors that every table, chart and picture shares.

The colors are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any of the common color
vision deficiencies can tell apart; near-black text is readable on each of them, on a light and on a dark page alike.
No meaning is carried by color alone: the precision is always written as well.
"""

from __future__ import annotations

from typing import Literal

from bnn_designer.design.blocks import BLOCK_KINDS
from bnn_designer.errors import DesignError

# What pictures of networks share with pages is theirs, as exports have them too.
from bnn_designer.picture.colors import CURVE_COLORS as CURVE_COLORS
from bnn_designer.picture.colors import ERROR_COLOR as ERROR_COLOR
from bnn_designer.picture.colors import INK as INK
from bnn_designer.picture.colors import MEMORY_COLORS as MEMORY_COLORS
from bnn_designer.picture.colors import PRECISION_COLORS as PRECISION_COLORS
from bnn_designer.picture.titles import block_title as block_title
from bnn_designer.picture.titles import kind_title as kind_title
from bnn_designer.units import sentence

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

#: What a block runs in at a target; the sign tells states apart without a color.
STATE_SIGNS: dict[str, str] = {
    "bits": "■ bits",
    "int8": "▣ 8 bits",
    "float": "□ float",
    "refused": "✗ refused",
    "unknown": "? unknown",
}

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

#: Patterns tell the kinds of :data:`MEMORY_COLORS` apart without colors.
MEMORY_PATTERNS: dict[str, str] = {
    "image": ".",
    "binary": "",
    "8 bits": "",
    "float, in use": "",
    "float, kept for later layers": "/",
    "working memory": "x",
}

#: The groups of the palette, by their titles.
KIND_GROUPS: dict[str, tuple[str, ...]] = {
    title: tuple(kind for kind, block_type in BLOCK_KINDS.items() if block_type.group == group)
    for title, group in (("Layers", "layer"), ("Structure", "structure"), ("Pools", "pool"), ("Other layers", "small"))
}


def kind_help(kind: str) -> str:
    """One line on what a kind of block does: the first line of its docstring."""
    return (BLOCK_KINDS[kind].__doc__ or "").strip().splitlines()[0]


def error_text(error: DesignError) -> str:
    """An error where its block is named already: the rule, and how to mend it."""
    rule = escape_markdown(error.rule.rstrip("."))
    return f"{sentence(rule)}. **{escape_markdown(error.mend.rstrip('.'))}.**"


def escape_markdown(text: str) -> str:
    """Text that a person typed, so that Streamlit's Markdown shows it as it is."""
    for sign in "\\`*_{}[]()<>#+-.!|~$:":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
