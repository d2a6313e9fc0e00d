"""The Design page without a design: choose something to start from."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS, preset, summary
from bnn_designer.errors import DesignError
from bnn_designer.ui import state
from bnn_designer.ui.look import escape_markdown
from bnn_designer.ui.units import bytes_text, count_text, shape_text, time_text


def draw_start() -> None:
    """Cards for an empty design and for each preset, an upload, and the last drafts."""
    st.title("Design a binarized neural network")
    st.markdown("Assemble a network from blocks, see what every block costs, then train it. Start from one of these:")
    columns = st.columns(len(PRESETS) + 1, border=True)
    with columns[0]:
        st.subheader("Empty", anchor=False)
        st.markdown(f"An image of {shape_text((32, 32, 3))} and nothing else: add block after block from the palette.")
        st.caption("No weights yet")
        st.button("Start empty", type="primary", key="start_empty", on_click=state.open_design, args=(Design(),))
    for column, name in zip(columns[1:], PRESETS, strict=True):
        with column:
            st.subheader(name, anchor=False)
            st.markdown(escape_markdown(summary(name)))
            report = cost(preset(name))
            st.caption(f"{count_text(report.larq.macs)} MACs · {bytes_text(report.memory_bytes)} of weights")
            st.button(f"Start from {name}", key=f"start_{name}", on_click=_open_preset, args=(name,))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Open a file", anchor=False)
        draw_upload("start")
    with right:
        _draw_recent()


def _open_preset(name: str) -> None:
    state.open_design(preset(name))


def _draw_recent() -> None:
    st.subheader("Go on with a draft", anchor=False)
    recent = state.drafts().recent(limit=6)
    if not recent:
        st.caption("Drafts appear here. Everything you change is saved at once.")
    with st.container(key="recent", gap="xxsmall"):
        for draft in recent:
            st.button(
                f"{escape_markdown(draft.name)} :gray[· {time_text(draft.updated_at)} · {draft.id}]",
                key=f"open_{draft.id}",
                type="tertiary",
                on_click=state.open_draft,
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
        on_click=state.open_design,
        args=(design,),
    )


def read_upload(content: bytes, name: str) -> Design:
    """The design in an uploaded file.

    Raises:
        DesignError: it is no text, no JSON, or no design.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise DesignError(name, "the file is not text in UTF-8", "Choose a design's JSON file") from None
    return Design.from_json(text, source=name)
