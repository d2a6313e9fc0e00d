"""The course, or the lesson that the address names."""

from __future__ import annotations

import streamlit as st

from bnn_designer.lessons import COURSE, lesson_named
from bnn_designer.ui.learn.class_view import draw_class, draw_ways_to_classes
from bnn_designer.ui.learn.handout import draw_course_handout
from bnn_designer.ui.learn.lesson_view import draw_lesson, open_lesson
from bnn_designer.ui.learn.pieces import draw_course
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.look import escape_markdown

#: In the address, in place of a lesson's name.
_WHOLE = "all"


def draw_learn() -> None:
    """Draws what the address asks for (``?lesson=``)."""
    wanted = choice("lesson", "")
    lesson = lesson_named(wanted)
    taking_part = draw_class(lesson)
    if not taking_part.ready:
        return
    if lesson is not None:
        draw_lesson(lesson)
        return
    if wanted == _WHOLE:
        st.button("All lessons", on_click=open_lesson, args=("",), key="unprinted_all")
        draw_course_handout()
        return
    if wanted:
        open_lesson("")
        st.warning(f"There is no lesson '{escape_markdown(wanted[:60])}'. Choose one of these.")
    st.subheader("Learn by doing", anchor=False)
    st.markdown(
        "Short lessons on binarized neural networks. Each one asks you to guess first, then lets you try, "
        "and ends in a network that opens in the designer."
    )
    draw_course(COURSE, open_lesson, taking_part.nickname)
    st.button("The whole course on one page, to print", on_click=open_lesson, args=(_WHOLE,), key="course_whole")
    draw_ways_to_classes(taking_part)
