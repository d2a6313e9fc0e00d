"""The Design page without a design: choose something to start from."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.errors import DesignError
from bnn_designer.ui.design.preset_cards import PresetCard, figures_text, groups, help_text, own_figures
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import UNKNOWN, shape_text, time_text

_COLUMNS = 4


def draw_start() -> None:
    """An empty design, every preset by the images it is for, an upload, and the last drafts."""
    st.title("Design a binarized neural network")
    st.markdown("Assemble a network from blocks, see what every block costs, then train it.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Start empty", type="primary", key="start_empty", on_click=drafting.open_design, args=(Design(),))
        st.caption(f"An image of {shape_text((32, 32, 3))} and nothing else: add block after block from the palette.")
    left, right = st.columns(2, gap="large")
    with left:
        _draw_recent()
    with right:
        st.subheader("Open a file", anchor=False)
        draw_upload("start")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Start from a known network", anchor=False)
        st.space("stretch")
        counted = st.toggle("Show our counts", key="own_figures", help="MACs and weights by Larq's convention.")
    st.caption(
        "Published figures: top-1 on test images, model size, and latency of an image on a Pixel 1 with one thread. "
        f"{UNKNOWN} means not published. Hover over a button for the sources."
    )
    for title, cards in groups().items():
        st.markdown(f"**{title}**")
        for start in range(0, len(cards), _COLUMNS):
            columns = st.columns(_COLUMNS, border=True)
            for column, card in zip(columns, cards[start : start + _COLUMNS], strict=False):
                with column:
                    _draw_card(card, counted)


def _draw_card(card: PresetCard, counted: bool) -> None:
    st.button(
        f"**{card.name}**",
        key=f"start_{card.name}",
        width="stretch",
        help=escape_markdown(help_text(card)),
        on_click=_open_preset,
        args=(card.name,),
    )
    st.caption(escape_markdown(card.text.rpartition("; ")[0] or card.text))
    if card.has_figures:
        st.markdown(f":small[{escape_markdown(figures_text(card))}]")
    else:
        st.markdown(":small[:gray[no published figures]]")
    if counted:
        st.markdown(f":small[{escape_markdown(own_figures(card.name))}]")


def _open_preset(name: str) -> None:
    drafting.open_design(preset(name))


def _draw_recent() -> None:
    st.subheader("Continue a draft", anchor=False)
    recent = state.drafts().recent(limit=6)
    if not recent:
        st.caption("Drafts appear here. Everything you change is saved at once.")
    with st.container(key="recent", gap="xxsmall"):
        for draft in recent:
            st.button(
                f"{escape_markdown(draft.name)} :gray[· {time_text(draft.updated_at)} · {draft.id}]",
                key=f"open_{draft.id}",
                type="tertiary",
                on_click=drafting.open_draft,
                args=(draft.id,),
            )


def draw_upload(key: str) -> None:
    """A field for a design's JSON file. A bad file gives its error and changes nothing."""
    uploaded = st.file_uploader("A design's JSON file", type=["json"], key=f"upload_{key}", max_upload_size=20)
    if uploaded is None:
        return
    try:
        design = read_upload(uploaded.getvalue(), uploaded.name)
    except DesignError as error:
        st.error(escape_markdown(str(error)), icon="⚠️")
        return
    st.button(
        f"Open {escape_markdown(design.name)}",
        key=f"open_upload_{key}",
        type="primary",
        on_click=drafting.open_design,
        args=(design,),
    )


def read_upload(content: bytes, name: str) -> Design:
    """The design in an uploaded file.

    Raises:
        DesignError: it is not text, not JSON, or not a design.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise DesignError(name, "the file is not text in UTF-8", "Choose a design's JSON file") from None
    return Design.from_json(text, source=name)
