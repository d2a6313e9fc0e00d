"""A figure, opened: what it is made of, in words and with its numbers, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

import streamlit as st

from bnn_designer.cost import Formula
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import exact_text

#: A code block grows to this height in pixels, then scrolls: sums over all layers are long.
_LONG_TEXT = 400
_SCROLL_HEIGHT = 160


def formula_button(key: str, formulas: Callable[[], Sequence[Formula]], name: str) -> None:
    """A small button that opens figures in a dialog; they are worked out only then.

    Args:
        key: of the button.
        formulas: gives the figures to open.
        name: what is opened, for people who do not see the button.
    """
    if st.button("ƒ", key=f"formula_{key}", type="tertiary", help=f"Open {name}: formula, numbers and source."):
        open_formulas(formulas())


@st.dialog("How this figure is computed", width="large")
def open_formulas(formulas: Sequence[Formula]) -> None:
    """Opens a dialog with them."""
    draw_formulas(formulas)


def draw_formulas(formulas: Sequence[Formula]) -> None:
    """Every figure with its formula, one below the other; a source once for those in a row that have it."""
    for source, group in groupby(formulas, key=lambda formula: formula.source):
        for formula in group:
            value = f"{exact_text(formula.value)} {formula.unit}"
            st.markdown(f"**{escape_markdown(formula.name)}** = {value}")
            text = formula_text(formula)
            height: int | Literal["content"] = _SCROLL_HEIGHT if len(text) > _LONG_TEXT else "content"
            st.code(text, language=None, wrap_lines=True, height=height)
        st.caption(f"By: {escape_markdown(source)}")


def formula_text(formula: Formula) -> str:
    """The formula in words, with its numbers, and its value, one below the other; nothing twice."""
    lines = dict.fromkeys((formula.symbolic, formula.numbers, exact_text(formula.value)))
    return "\n= ".join(lines)
