"""What figures mean, and the sentences below a table or a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from bnn_designer.compare import Figure
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import sentence


def draw_figure_help(figures: Sequence[Figure], key: str, more: Sequence[tuple[str, str]] = ()) -> None:
    """A button that opens the meaning of figures.

    Args:
        more: other names and what they mean.
    """
    with st.popover("What the figures mean", key=key, type="tertiary"):
        for name, text in (*((one.heading, one.help) for one in figures), *more):
            st.markdown(f"**{escape_markdown(name)}**  \n{escape_markdown(text)}")


def draw_notes(sentences: Iterable[str]) -> None:
    """Sentences in small print, a line each; nothing where there is none."""
    lines = [escape_markdown(sentence(one)) for one in sentences]
    if lines:
        st.caption("  \n".join(lines))
