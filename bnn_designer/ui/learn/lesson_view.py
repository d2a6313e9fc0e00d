"""One lesson: the ways to the others, what it says and shows, the network it ends in, and the box to tick."""

from __future__ import annotations

import streamlit as st

from bnn_designer.lessons import Lesson, neighbours
from bnn_designer.ui.learn.handout import draw_print_style
from bnn_designer.ui.learn.lesson_body import draw_body
from bnn_designer.ui.learn.pieces import draw_finish, draw_print
from bnn_designer.ui.learn.way_on import draw_way_on
from bnn_designer.ui.shared.choices import choose
from bnn_designer.ui.shared.words_view import draw_words


def draw_lesson(lesson: Lesson) -> None:
    """Draws it."""
    draw_print_style()
    _draw_ways(lesson, "top")
    with st.container(key="lesson", width=960):
        draw_body(lesson, draw_way_on)
        with st.container(key="unprinted_finish"):
            draw_finish(lesson)
            draw_print(lesson.name, "Print this lesson")
    _draw_ways(lesson, "end")


def _draw_ways(lesson: Lesson, place: str) -> None:
    before, after = neighbours(lesson)
    with st.container(horizontal=True, vertical_alignment="center", key=f"unprinted_ways_{place}"):
        st.button("All lessons", key=f"lesson_all_{place}", on_click=open_lesson, args=("",))
        if before is not None:
            st.button(f"← {before.title}", key=f"lesson_before_{place}", on_click=open_lesson, args=(before.name,))
        if after is not None:
            st.button(f"{after.title} →", key=f"lesson_after_{place}", on_click=open_lesson, args=(after.name,))
        if place == "top":
            st.space("stretch")
            draw_words()


def open_lesson(name: str) -> None:
    """Goes to a lesson; "": to the course."""
    choose("lesson", name)
