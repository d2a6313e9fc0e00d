"""The process of the search that is open: how far it is, and to stop it or go on with it."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs.records import as_time
from bnn_designer.search.loop import Amount
from bnn_designer.search.process import Work, launch, log_path, read, stop
from bnn_designer.search.results import Found
from bnn_designer.ui.compare.search_form import HOURS
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.asking import ask
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import time_text

_HOUR_S = 3600


def is_at_work(search_id: str) -> bool:
    """Whether a process that a page has started goes on with it."""
    work = read(state.store(), search_id)
    return work is not None and work.ended is None


def draw_work(found: Found) -> None:
    """What its process does now, with *Stop*; else how it ended, with *Go on*."""
    work = read(state.store(), found.id)
    with st.container(horizontal=True, vertical_alignment="center", key="search_work"):
        if work is not None and work.ended is None:
            st.badge("searching", color="blue")
            st.markdown(escape_markdown(_now_text(work)))
            st.space("stretch")
            st.button(
                "Stop",
                key="search_stop",
                disabled=not work.owner.is_here,
                help="Pauses the run at work; the search can be gone on with.",
                on_click=_stop,
                args=(found.id,),
            )
            return
        if work is not None and work.failed:
            st.error(escape_markdown(f"It stopped: {work.ended}"), icon="⚠️")
            st.caption(f"Its log: `{log_path(state.store(), found.id)}`")
        elif work is not None:
            st.caption(escape_markdown(str(work.ended)))
        else:
            st.caption("It trains nothing now.")
        if len(found.trials) >= found.search.space.size:
            st.caption("Every point has been tried.")
            return
        with st.popover("Go on", help="From where it stopped."):
            hours = st.number_input("Hours more", 0.01, 9999.0, HOURS, step=0.5, key="search_more_hours")
            st.button("Go on", key="search_go_on", on_click=_go_on, args=(found, float(hours)))


def _now_text(work: Work) -> str:
    """``Since 2026-03-01 14:05, until 16:05 at the latest. Trial 3: filters 8 to 16 (RAM 12.0 KiB)``."""
    until = "" if work.hours is None else f", until {time_text(as_time(work.started_at + work.hours * _HOUR_S))}"
    said = f" {work.said}" if work.said else " It is starting."
    return f"Since {time_text(as_time(work.started_at))}{until}.{said}"


def _stop(search_id: str) -> None:
    with state.reported():
        if not stop(state.store(), search_id):
            state.notify("It is not at work on this machine any more.", "warning")


def _go_on(found: Found, hours: float) -> None:
    with state.reported():
        ask("search")
        launch(state.store(), found.search, Amount(None, hours), tab.notes().person)
