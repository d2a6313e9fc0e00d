"""What a lesson says and shows, from its title to its sources: on its own page, in the course on one page, on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from bnn_designer.lessons import COURSE, Lesson
from bnn_designer.ui.learn.own_ends_view import draw_missing_ends
from bnn_designer.ui.learn.pieces import draw_piece, draw_printed_answer, draw_question
from bnn_designer.ui.shared.look import escape_markdown

#: What is to be pressed right below a piece, by its name, of what the piece was given.
_BELOW: Mapping[str, Callable[[Mapping[str, Any]], None]] = {"ends": draw_missing_ends}


def draw_body(lesson: Lesson, draw_way_on: Callable[[Lesson], None] | None = None) -> None:
    """Draws it.

    Args:
        draw_way_on: draws what opens the lesson's network; None: nothing does, nor anything else that leads on.
    """
    number = COURSE.index(lesson) + 1
    st.subheader(f"{number}. {lesson.title}", anchor=False)
    st.caption(f"About {lesson.minutes} minutes.")
    st.markdown(escape_markdown(lesson.idea))
    draw_question(lesson)
    for part in lesson.parts:
        st.markdown(f"#### {part.title}")
        st.markdown(part.text)
        if part.piece:
            given = draw_piece(lesson, part.piece)
            if draw_way_on is not None and part.piece in _BELOW and given is not None:
                _BELOW[part.piece](given)
        if part.after:
            st.markdown(part.after)
    st.markdown("#### In the designer")
    st.markdown(escape_markdown(lesson.design_says))
    if draw_way_on is not None:
        draw_way_on(lesson)
    _draw_sources(lesson)
    draw_printed_answer(lesson)


def _draw_sources(lesson: Lesson) -> None:
    st.markdown("#### Further reading, and where the claims are from")
    st.markdown(
        "\n".join(f"- {escape_markdown(source.text)}: {escape_markdown(source.says)}." for source in lesson.sources)
    )
