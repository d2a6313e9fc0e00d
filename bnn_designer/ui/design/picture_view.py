"""The network as one picture, to look at, to print and to keep."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost.partial import Figures
from bnn_designer.design import Design
from bnn_designer.picture.outline import outline
from bnn_designer.picture.svg import FONT, legend_html, picture_svg


def draw_picture(design: Design, known: Figures, selected: str | None) -> None:
    """The picture as a strip that scrolls sideways, what its colors mean, and a button that keeps it as a file."""
    rows = outline(design, known)
    svg = picture_svg(design, rows, selected)
    # st.html strips SVG; everything that a person typed is escaped in picture_svg
    strip = f'<div class="bnn-strip" tabindex="0" role="group" aria-label="Picture, scrolls sideways">{svg}</div>'
    st.markdown(strip + legend_html(), unsafe_allow_html=True)
    kept = picture_svg(design, rows, font=FONT)
    st.download_button("Download SVG", data=kept, file_name="network.svg", mime="image/svg+xml", on_click="ignore")
