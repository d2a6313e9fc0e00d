"""The network as one picture, to look at, to print and to keep."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost.partial import Figures
from bnn_designer.design import Design
from bnn_designer.export import Material
from bnn_designer.export.report.target import report_of
from bnn_designer.picture.layout import place_blocks
from bnn_designer.picture.outline import Row, outline
from bnn_designer.picture.png import fits, picture_png
from bnn_designer.picture.svg import FONT, legend_html, picture_svg


def draw_picture(design: Design, known: Figures, selected: str | None) -> None:
    """The picture as a strip that scrolls sideways, what its colors mean, and buttons that keep it as a file."""
    rows = outline(design, known)
    svg = picture_svg(design, rows, selected)
    # st.html strips SVG; everything that a person typed is escaped in picture_svg
    strip = f'<div class="bnn-strip" tabindex="0" role="group" aria-label="Picture, scrolls sideways">{svg}</div>'
    st.markdown(strip + legend_html(), unsafe_allow_html=True)
    with st.container(horizontal=True):
        _draw_downloads(design, known, rows)


def _draw_downloads(design: Design, known: Figures, rows: tuple[Row, ...]) -> None:
    """Files are made when they are asked for: a report has the advisor's findings, and pages are drawn often."""
    st.download_button(
        "Download SVG",
        data=lambda: picture_svg(design, rows, font=FONT),
        file_name="network.svg",
        mime="image/svg+xml",
        on_click="ignore",
    )
    small = fits(place_blocks(design, rows))
    st.download_button(
        "Download PNG",
        data=lambda: picture_png(design, rows) or b"",
        file_name="network.png",
        mime="image/png",
        on_click="ignore",
        disabled=not small,
        help=None if small else "The picture would be too large. The SVG has any size.",
    )
    finished = known.report is not None
    st.download_button(
        "Download report",
        data=lambda: report_of(Material.of_model(design, None, "")),
        file_name="report.html",
        mime="text/html",
        on_click="ignore",
        disabled=not finished,
        help="A page to mail and to print: figures, blocks, memory, targets and advice."
        if finished
        else "The design has an error: mend it first.",
    )
