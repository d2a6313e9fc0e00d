"""The drafts on the start page: opened, found, renamed, duplicated, deleted and brought back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bnn_designer.ui.design.start.shelf import Message, act, listed
from bnn_designer.ui.design.start.shelf_component import action, draw_shelf, view
from bnn_designer.ui.shared import drafting, state, tab


@dataclass
class _Done:
    """What was done last: changed in place together with the drafts, as :mod:`bnn_designer.ui.shared.tab` explains.

    Attributes:
        number: of the action, as the browser counts.
        message: what became of it; None where there is nothing to say.
    """

    number: int = 0
    message: Message | None = None


def _done() -> _Done:
    done: _Done = st.session_state.setdefault("shelf_done", _Done())
    return done


@st.fragment
def draw_drafts() -> None:
    """The shelf; what is done on it draws only this anew, unless a draft is opened."""
    if tab.current("draft") is not None:
        st.rerun()
    search, limit = view()
    done = _done()
    with state.errors_shown():
        draw_shelf(listed(state.drafts(), search, limit), done.number, done.message, _on_action)


def _on_action() -> None:
    wanted, done = action(), _done()
    if wanted is None or wanted["number"] <= done.number:
        return
    with state.reported():
        done.number, done.message = wanted["number"], None
        if wanted.get("kind") == "open" and isinstance(wanted.get("draft"), str):
            drafting.open_draft(wanted["draft"])
        else:
            done.message = act(state.drafts(), wanted)
