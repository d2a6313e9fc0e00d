"""The name under which a tab queues runs: asked for on every page that queues some, and remembered once.

Who is in a class has theirs already.
"""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs.people import MAX_NAME, NameOfPersonError, person_of
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.membership import members
from bnn_designer.ui.shared.sign_in import identity


def draw_person(page: str, is_needed: bool, width: int | str = "stretch") -> None:
    """A field for the name.

    Args:
        page: where it is drawn, for its key.
        is_needed: whether the server lets in no run without a name.
        width: of the field, as Streamlit takes it.
    """
    name = tab.notes().person or ""
    if tab.notes().cookie:
        st.caption(f"Your runs are queued under your name in the class, **{escape_markdown(name)}**.")
        return
    who = identity()
    if who is not None:
        st.text(f"Signed in as {who.person}", width=width)  # type: ignore[arg-type]  # as below
        return
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
        name = person_of(text)
        if name is not None and members().is_nickname(name):
            raise NameOfPersonError(f"{name}: somebody in a class has this name. Give another one, or join the class.")
        tab.notes().person = name
