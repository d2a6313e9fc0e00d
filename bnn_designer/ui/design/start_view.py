"""The Design page without a design: choose something to start from."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.ui.design.preset_cards import groups
from bnn_designer.ui.design.start.for_cifar import for_cifar
from bnn_designer.ui.design.start.gallery import gallery
from bnn_designer.ui.design.start.gallery_component import draw_gallery, opened
from bnn_designer.ui.design.start.shelf_view import draw_drafts
from bnn_designer.ui.design.upload_view import draw_upload
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.words_view import draw_words
from bnn_designer.units import shape_text


def draw_start() -> None:
    """Drafts, an empty design and a file on the left, every preset on the right."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="start_title"):
        st.title("Design a binarized neural network", anchor=False)
        st.space("stretch")
        draw_words()
    st.markdown("Assemble a network from blocks, see what every block costs, then train it.")
    with st.container(key="start"):
        left, right = st.columns([3, 8], gap="large")
        with left:
            _draw_own()
        with right:
            st.header("Start from a known network", anchor=False)
            draw_gallery(gallery(), list(groups()), _open_preset)


def _draw_own() -> None:
    st.header("Your designs", anchor=False)
    st.button(
        "Start empty",
        type="primary",
        key="start_empty",
        width="stretch",
        on_click=drafting.open_design,
        args=(Design(),),
        help=f"An image of {shape_text(Design().input_shape)} and nothing else: add block after block.",
    )
    draw_upload("start")
    draw_drafts()


def _open_preset() -> None:
    chosen = opened()
    if chosen is not None:
        with state.reported():
            name, small = chosen
            design = preset(name)
            drafting.open_design((for_cifar(design) if small else None) or design)
