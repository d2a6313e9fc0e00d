"""How far the class is: lesson by lesson, and member by member."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.classroom import by_lesson, by_member
from bnn_designer.runs.classes import Member
from bnn_designer.ui.classroom.progress_html import lessons_html, members_html

_HELP = "Turn it off before you show this page to a class that is still guessing."


def draw_progress(members: Sequence[Member]) -> None:
    """Both tables, of at least one member; while it is not said which answers are right, the first alone."""
    st.markdown("#### Lesson by lesson")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The first answer of each member counts, before they read why.", width="content")
        is_telling = st.toggle("Say which answers are right", value=True, key="class_telling", help=_HELP)
    st.html(lessons_html(by_lesson(members), is_telling))
    if not is_telling:
        return
    st.markdown("#### Member by member")
    st.html(members_html(by_member(members)))
