"""The drafts on the start page: opened, found, renamed, duplicated, deleted and brought back."""

from __future__ import annotations

import streamlit as st

from bnn_designer.ui.design.start.shelf import Message, act, listed
from bnn_designer.ui.design.start.shelf_component import action, draw_shelf, view
from bnn_designer.ui.shared import drafting, state

_DONE, _MESSAGE = "shelf_done", "shelf_message"


@st.fragment
def draw_drafts() -> None:
    """The shelf; what is done on it draws only this anew, unless a draft is opened."""
    if state.current("draft") is not None:
        st.rerun()
    search, limit = view()
    message: Message | None = st.session_state.get(_MESSAGE)
    draw_shelf(listed(state.drafts(), search, limit), st.session_state.get(_DONE, 0), message, _on_action)


def _on_action() -> None:
    wanted = action()
    if wanted is None or wanted["number"] <= st.session_state.get(_DONE, 0):
        return
    st.session_state[_DONE] = wanted["number"]
    st.session_state.pop(_MESSAGE, None)
    if wanted.get("kind") == "open" and isinstance(wanted.get("draft"), str):
        drafting.open_draft(wanted["draft"])
    else:
        st.session_state[_MESSAGE] = act(state.drafts(), wanted)
