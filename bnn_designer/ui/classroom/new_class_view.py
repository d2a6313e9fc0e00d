"""The form that makes a class."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS
from bnn_designer.lessons import COURSE
from bnn_designer.runs.classes import MAX_NAME
from bnn_designer.ui.classroom.networks import PRESET, chosen_network
from bnn_designer.ui.shared import membership, state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import time_text

_NONE = ""
_DRAFTS_SHOWN = 50


def draw_form(on_made: Callable[[str], None]) -> None:
    """Draws it; ``on_made`` is called with the teacher's key to a new class."""
    st.subheader("A class", anchor=False)
    st.markdown(
        "Share a lesson with your students, and see how far they are: who has begun, what they answered, the networks "
        "that they train. Nobody needs an account, and nobody gives a name: each student gets a nickname.",
        width=720,
    )
    with st.form("class_form", width=640, enter_to_submit=False):
        st.text_input("Name of the class", key="class_name", max_chars=MAX_NAME, placeholder="such as 7b, March")
        lessons = {_NONE: "The list of lessons"}
        lessons |= {lesson.name: f"{number}. {lesson.title}" for number, lesson in enumerate(COURSE, start=1)}
        st.selectbox("Students begin at", list(lessons), format_func=lambda name: lessons[name], key="class_lesson")
        networks = _networks()
        st.selectbox(
            "A network for all",
            list(networks),
            format_func=lambda name: networks[name],
            key="class_network",
            help="Each student can open it as a draft of their own. It is kept as it is now: later edits do not change "
            "it.",
        )
        st.text_input(
            "Or a link to a network",
            key="class_link",
            placeholder="as File, Copy link on the Design page gives it",
        )
        st.form_submit_button("Make the class", type="primary", on_click=_make, args=(on_made,))


def _networks() -> dict[str, str]:
    found = {_NONE: "None"}
    recent = state.drafts().recent(_DRAFTS_SHOWN)
    mine = tab.current("draft")
    for item in sorted(recent, key=lambda item: item.id != mine):  # the one that this tab looks at first
        found[item.id] = f"{item.name} · {time_text(item.updated_at)} · {item.id}"
    return found | {PRESET + name: f"Preset {name}" for name in PRESETS}


def _make(on_made: Callable[[str], None]) -> None:
    given = st.session_state
    with state.reported():
        design: Design | None = chosen_network(state.drafts(), given["class_network"], given["class_link"])
        record, key = membership.classes().create(given["class_name"], given["class_lesson"], design)
        on_made(key)
        state.notify(
            f"The class {escape_markdown(record.name)} is made. Bookmark this page now: its address is the only way "
            "back to it.",
            "success",
        )
