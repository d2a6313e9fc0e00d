"""A class in the course: the invitation to one, what a member is told, and the ways in and out."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.lessons import Lesson
from bnn_designer.runs.classes import ClassError, ClassRecord, Member
from bnn_designer.ui.learn.class_pieces import draw_keeping, draw_report
from bnn_designer.ui.shared import membership, state, tab
from bnn_designer.ui.shared.choices import choose
from bnn_designer.ui.shared.drafting import open_design
from bnn_designer.ui.shared.look import escape_markdown

#: In the address: the code of a class to join.
_JOIN = "join"


@dataclass(frozen=True)
class TakingPart:
    """Whether this tab is a member's.

    Attributes:
        ready: whether the browser keeps what it is to keep, so that the page may be drawn.
        nickname: of the member; None: the tab is nobody's in a class.
    """

    ready: bool
    nickname: str | None = None


def draw_class(lesson: Lesson | None) -> TakingPart:
    """What a member is told and reports, or the invitation that the address names; nothing where there is neither.

    Args:
        lesson: the one that is open; a member is reported to have begun it.
    """
    member = membership.member()
    cookie = tab.notes().cookie_to_keep
    if cookie is not None:  # the browser remembers other progress for another member: nothing may read it before
        draw_keeping(cookie)
        return TakingPart(ready=False)
    code = st.query_params.get(_JOIN, "")
    if member is None:
        if code:
            with state.errors_shown():
                _draw_invitation(membership.classes().by_code(code))
        return TakingPart(ready=True)
    record = membership.classes().by_id(member.class_id)
    if code == record.code:  # the class's own link, opened again
        _close()
        if lesson is None and record.lesson:
            choose("lesson", record.lesson)
            st.rerun()
    _draw_member(member, record, code)
    if record.ended_at is None:
        draw_report(member.id, "" if lesson is None else lesson.name)
    return TakingPart(ready=True, nickname=member.nickname)


def draw_ways_to_classes(taking_part: TakingPart) -> None:
    """Below the list of lessons: a field for a code, where one is in no class, and the way to the teacher's page."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="class_ways"):
        if taking_part.nickname is None:
            st.text_input(
                "Join a class",
                key="class_code",
                max_chars=20,
                width=220,
                placeholder="code, such as K7MXQ2",
                on_change=_ask_for_class,
            )
        st.page_link("pages/classroom.py", label="For teachers: follow a class")


def _draw_invitation(record: ClassRecord) -> None:
    with st.container(border=True, key="class_invitation", width=960):
        name = escape_markdown(record.name)
        if record.ended_at is not None:
            st.markdown(f"The class **{name}** has ended, so nobody can join it any more.")
            st.button("Close", key="class_close", on_click=_close)
            return
        st.markdown(f"#### Join the class {name}?")
        st.markdown(
            "You take part under a nickname that is drawn for you, such as Otter 17. No name and no account is needed. "
            "From then on this page sends to this server, where your teacher sees it under the nickname: **which "
            "lessons you open, your first answer to each question, which lessons you finish, and your board of the "
            "budget puzzle**. Networks that you train are shown under it, too. What you did before is not sent. You "
            "can leave again, and then all of it is deleted. A cookie keeps your place in this browser."
        )
        with st.container(horizontal=True):
            st.button("Join", type="primary", key="class_join", on_click=_join, args=(record,))
            st.button("Not now", key="class_close", on_click=_close)


def _draw_member(member: Member, record: ClassRecord, code: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="unprinted_class", border=True):
        said = f"You are **{member.nickname}** in the class **{escape_markdown(record.name)}**."
        if record.ended_at is None:
            said += " Your teacher sees your answers, lessons, puzzle and runs under this name."
        else:
            said += " It has ended: nothing is sent any more."
        if code not in ("", record.code):
            said += " To join another class, leave this one first."
        st.markdown(said, width="stretch")
        if record.design_json is not None and st.button("Open the class's network", key="class_design"):
            _open_network(record)
        if st.button("Leave", key="class_leaving"):
            _draw_leaving(member)


# no popover: from the keyboard, that stands behind all of the lesson
@st.dialog("Leave the class?")
def _draw_leaving(member: Member) -> None:
    st.markdown(
        "Leaving deletes what the class has of you. Your drafts stay on this server, your runs without the nickname."
    )
    left = st.button("Leave the class", key="class_leave", type="primary", on_click=_leave, args=(member.id,))
    st.markdown("Does somebody else use this browser now? Then your place in the class stays as it is.")
    other = st.button(f"I am not {member.nickname}", key="class_other", on_click=membership.forget)
    if left or other:
        st.rerun()


def _open_network(record: ClassRecord) -> None:
    try:
        design = record.design
    except BnnDesignerError as error:
        st.error(escape_markdown(str(error)))
        return
    if design is not None:
        open_design(design)
        st.switch_page("pages/design.py")


def _ask_for_class() -> None:
    code = "".join(st.session_state["class_code"].split())
    st.session_state["class_code"] = ""
    if code:
        st.query_params[_JOIN] = code


def _close() -> None:
    st.query_params.pop(_JOIN, None)


def _join(record: ClassRecord) -> None:
    with state.reported():
        try:
            membership.take_in(record.id)
        except ClassError:
            _close()
            raise
        _close()
        choose("lesson", record.lesson)


def _leave(member_id: str) -> None:
    with state.reported():
        membership.leave(member_id)
