"""One lesson: the question, the parts with their pieces, the network it ends in, the sources."""

from __future__ import annotations

import streamlit as st

from bnn_designer.lessons import COURSE, Lesson, neighbours
from bnn_designer.ui.learn.pieces import draw_finish, draw_piece, draw_question
from bnn_designer.ui.shared.choices import choose
from bnn_designer.ui.shared.drafting import open_design
from bnn_designer.ui.shared.look import escape_markdown


def draw_lesson(lesson: Lesson) -> None:
    """Draws it."""
    _draw_ways(lesson, "top")
    number = COURSE.index(lesson) + 1
    with st.container(key="lesson", width=960):
        st.subheader(f"{number}. {lesson.title}", anchor=False)
        st.caption(f"About {lesson.minutes} minutes.")
        st.markdown(escape_markdown(lesson.idea))
        draw_question(lesson)
        for part in lesson.parts:
            st.markdown(f"#### {part.title}")
            st.markdown(part.text)
            if part.piece:
                draw_piece(lesson, part.piece)
            if part.after:
                st.markdown(part.after)
        _draw_design(lesson)
        _draw_sources(lesson)
        draw_finish(lesson)
    _draw_ways(lesson, "end")


def _draw_ways(lesson: Lesson, place: str) -> None:
    before, after = neighbours(lesson)
    with st.container(horizontal=True, key=f"lesson_ways_{place}"):
        st.button("All lessons", key=f"lesson_all_{place}", on_click=open_lesson, args=("",))
        if before is not None:
            st.button(f"← {before.title}", key=f"lesson_before_{place}", on_click=open_lesson, args=(before.name,))
        if after is not None:
            st.button(f"{after.title} →", key=f"lesson_after_{place}", on_click=open_lesson, args=(after.name,))


def open_lesson(name: str) -> None:
    """Goes to a lesson; "": to the course."""
    choose("lesson", name)


def _draw_design(lesson: Lesson) -> None:
    st.markdown("#### In the designer")
    st.markdown(escape_markdown(lesson.design_says))
    if st.button("Open this network in the designer", key="lesson_design", type="primary"):
        open_design(lesson.design())
        st.switch_page("pages/design.py")


def _draw_sources(lesson: Lesson) -> None:
    st.markdown("#### Further reading, and where the claims are from")
    st.markdown(
        "\n".join(f"- {escape_markdown(source.text)}: {escape_markdown(source.says)}." for source in lesson.sources)
    )
