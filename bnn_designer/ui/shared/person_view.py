"""The name under which a tab queues runs: asked for on every page that queues some, and remembered once."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs.people import MAX_NAME, person_of
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.sign_in import identity


def draw_person(page: str, is_needed: bool, width: int | str = "stretch") -> None:
    """A field for the name; of who has signed in, the name.

    Args:
        page: where it is drawn, for its key.
        is_needed: whether the server lets in no run without a name.
        width: of the field, as Streamlit takes it.
    """
    who = identity()
    if who is not None:
        st.text(f"Signed in as {who.person}", width=width)  # type: ignore[arg-type]  # as below
        return
    name = tab.notes().person or ""
    key = controlled_key(f"{page}.person", name)
    st.text_input(
        "Your name",
        value=name,
        key=key,
        max_chars=MAX_NAME,
        width=width,  # type: ignore[arg-type]  # Streamlit's own type for it is private
        placeholder="needed on this server" if is_needed else "optional",
        help="Everybody who waits has a turn before anybody has a second one, so a name keeps others' runs from being "
        "taken for yours. It is shown with your runs, and nobody checks it. This tab remembers it until it is "
        "reloaded.",
        on_change=when_current(key, _set_person),
    )


def _set_person(text: str) -> None:
    with state.reported():
        tab.notes().person = person_of(text)
