"""What the browser of a class's member keeps and tells: two components without anything to see."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from bnn_designer.classroom import read_report
from bnn_designer.runs.classes import ClassError
from bnn_designer.runs.faults import StoreFault
from bnn_designer.ui.shared import membership, tab
from bnn_designer.ui.shared.scripts import script

_WEB = Path(__file__).parent / "web"
_KEEPING, _REPORT = "class_membership", "class_report"
#: In the session: the number of the last report and whether it was taken; and whether nothing is to be told any more.
_ANSWER, _OVER = "class_report_answer", "class_report_over"

_mount_membership = st.components.v2.component("bnn_designer.membership", js=script(_WEB, "membership.js"))
_mount_report = st.components.v2.component("bnn_designer.report", js=script(_WEB, "report.js"))


def draw_keeping(cookie: str) -> None:
    """Hands a member's cookie to the browser ("": it forgets its own); the page is drawn anew once it has it."""
    st.caption("One moment …")
    _mount_membership(key=_KEEPING, data={"cookie": cookie}, on_kept_change=_kept)


def _kept() -> None:
    if _sent(_KEEPING, "kept") == tab.notes().cookie_to_keep:
        tab.notes().cookie_to_keep = None


@st.fragment
def draw_report(member_id: str, lesson: str) -> None:
    """Lets the browser tell what it remembers, now and whenever that changes; a report runs nothing but this.

    Args:
        member_id: whose it is.
        lesson: the one that is open, by its name; "": none.
    """
    if st.session_state.pop(_OVER, False):
        st.rerun()  # the whole page, which says that the class is over
    answer = st.session_state.get(_ANSWER, {"number": 0, "taken": True})
    with st.container(key="unprinted_report"):
        _mount_report(
            key=_REPORT, data={"lesson": lesson, "answer": answer}, on_reported_change=partial(_take, member_id)
        )


def _take(member_id: str) -> None:
    sent = _sent(_REPORT, "reported")
    if not isinstance(sent, Mapping):
        return
    taken = False
    try:
        taken = membership.members().report(member_id, read_report(sent.get("report")))
    except ClassError:
        st.session_state[_OVER] = True
    except StoreFault:
        pass  # the browser tells it again
    number = sent.get("number")
    st.session_state[_ANSWER] = {"number": number if isinstance(number, int) else 0, "taken": taken}


def _sent(key: str, event: str) -> Any:
    value = st.session_state.get(key)
    return value.get(event) if isinstance(value, Mapping) else None
