"""The teacher's page: the class whose key the address has, or the form that makes one."""

from __future__ import annotations

from html import escape

import streamlit as st

from bnn_designer.lessons import lesson_named
from bnn_designer.runs.classes import MAX_MEMBERS, ClassError, ClassRecord
from bnn_designer.ui.classroom.addresses import join_address
from bnn_designer.ui.classroom.new_class_view import draw_form
from bnn_designer.ui.classroom.progress_view import draw_progress
from bnn_designer.ui.classroom.puzzle_view import draw_puzzle
from bnn_designer.ui.classroom.runs_view import draw_runs
from bnn_designer.ui.classroom.tools_view import draw_tools
from bnn_designer.ui.shared import membership, state
from bnn_designer.ui.shared.choice_widgets import draw_switch
from bnn_designer.ui.shared.choices import choice, choose
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted, time_text

#: In the address: the teacher's key, and what is shown.
_KEY, _PART = "class", "see"
_PARTS = {"lessons": "Lessons", "runs": "Runs", "puzzle": "Puzzle"}
_DEFAULT = "lessons"
#: Seconds between two looks at a class that goes on.
_POLL_S = 5.0
_NOBODY_YET = "Nobody has joined yet. Show your students the code: whoever joins is here within seconds."


def draw_classroom() -> None:
    """Draws what the address asks for (``?class=``)."""
    key = choice(_KEY, "")
    if not key:
        draw_form(_open)
        return
    try:
        record = membership.classes().by_key(key)
    except ClassError as error:
        st.error(escape_markdown(str(error)), icon="⚠️")
        st.button("Make a new class", key="class_new", on_click=_open, args=("",))
        return
    _draw_class(record, key)


def _draw_class(record: ClassRecord, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="class_head"):
        st.subheader(escape_markdown(record.name), anchor=False, width="content")
        if record.ended_at is not None:
            st.badge(f"ended {time_text(record.ended_at)}", color="gray")
        st.space("stretch")
        with st.popover("This class", key="class_tools"):
            draw_tools(record, key, _open)
    if record.ended_at is None:
        _draw_way_in(record)
    part = choice(_PART, _DEFAULT, _PARTS)
    draw_switch("What of the class", _PART, part, _PARTS, _DEFAULT, key="class_part")
    st.fragment(_draw_part, run_every=None if record.ended_at else _POLL_S)(record.id, part)


def _draw_way_in(record: ClassRecord) -> None:
    lesson = lesson_named(record.lesson)
    begins = f"at the lesson {lesson.title}" if lesson is not None else "at the list of lessons"
    network = ", with the class's network" if record.design_json is not None else ""
    with st.container(key="links", gap="small"):
        st.markdown("Students join by this code, on the Learn page, or by the link:")
        # large enough for the last row of a classroom
        st.html(f'<span style="font:600 2.2rem monospace;letter-spacing:.15em">{escape(record.code)}</span>')
        st.caption(f"They begin {escape_markdown(begins)}{network}.")
        st.code(join_address(st.context.url, record.code), language=None, width=640)


def _draw_part(class_id: str, part: str) -> None:
    """Drawn again every few seconds while the class goes on."""
    with state.errors_shown():
        record = membership.classes().by_id(class_id)
        found = membership.members().of_class(class_id)
        if not found:
            st.info(_NOBODY_YET if record.ended_at is None else "Nobody joined this class.")
        else:
            st.caption(f"{counted(len(found), 'member')} of at most {MAX_MEMBERS}.")
        if part == "runs":
            draw_runs(record)
        elif not found:
            return
        elif part == "puzzle":
            draw_puzzle(found)
        else:
            draw_progress(found)


def _open(key: str) -> None:
    choose(_KEY, key)
