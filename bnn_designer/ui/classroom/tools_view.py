"""What a teacher does to a class: keep its link, take a member out, end it, delete it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnn_designer.runs.classes import ClassRecord
from bnn_designer.ui.classroom.addresses import teacher_address
from bnn_designer.ui.shared import membership, state


def draw_tools(record: ClassRecord, key: str, on_opened: Callable[[str], None]) -> None:
    """Draws them.

    Args:
        record: the class.
        key: the teacher's.
        on_opened: called with the key of another class; "": of one that is to be made.
    """
    with st.container(key="class_tools_body", gap="small"):
        st.markdown("**Your own link.** Keep it, and give it to nobody: it opens this page, and cannot be found again.")
        st.code(teacher_address(st.context.url, key), language=None)
        st.button("Make another class", key="class_another", on_click=on_opened, args=("",))
        _draw_members(record)
        if record.ended_at is None:
            st.markdown("**End.** Nobody can join and nothing is sent any more; what there is stays.")
            st.button("End the class", key="class_end", on_click=_end, args=(record.id,))
        st.markdown(
            "**Delete.** The class, its members and their progress are gone for good. Runs stay on the Runs page, "
            "without the nicknames."
        )
        sure = st.checkbox("Delete all of it", key="class_sure")
        st.button(
            "Delete the class", key="class_delete", disabled=not sure, on_click=_delete, args=(record.id, on_opened)
        )


def _draw_members(record: ClassRecord) -> None:
    """Somebody who lost their cookie joins a second time, and leaves a place behind that nobody uses."""
    found = {member.id: member.nickname for member in membership.members().of_class(record.id)}
    if not found:
        return
    st.markdown("**Take a member out**, with all that the class has of them.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Member",
            list(found),
            index=None,
            format_func=lambda member_id: found.get(member_id, ""),
            key="class_member",
            placeholder="a nickname",
            label_visibility="collapsed",
        )
        st.button("Take out", key="class_take_out", disabled=chosen is None, on_click=_take_out, args=(chosen,))


def _take_out(member_id: str) -> None:
    with state.reported():
        membership.members().leave(member_id)


def _end(class_id: str) -> None:
    with state.reported():
        membership.classes().end(class_id)


def _delete(class_id: str, on_opened: Callable[[str], None]) -> None:
    with state.reported():
        membership.classes().delete(class_id)
        on_opened("")
        state.notify("The class was deleted.", "success")
