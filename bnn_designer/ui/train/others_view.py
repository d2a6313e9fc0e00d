"""The other runs that train or wait now, each one press away, so that one sees why one's own waits."""

from __future__ import annotations

import streamlit as st

from bnn_designer.measuring.waiting_time import Line, line
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import duration_text

_POLL_S = 3.0
#: Buttons; a queue may be long, and the Runs page has all.
_MOST = 5
_LONGEST_NAME = 28


def draw_others(run: RunRecord | None) -> None:
    """The runs but the one that is shown, drawn again every so often; nothing where there are none."""
    st.fragment(_draw, run_every=_POLL_S)(None if run is None else run.id)


def _draw(shown_id: str | None) -> None:
    with state.errors_shown():
        if tab.current("run") != shown_id:
            st.rerun()  # the whole page: another run was chosen here
        others = [(run, text) for run, text in _texts(line(state.store())) if run.id != shown_id]
        if not others:
            return
        with st.container(horizontal=True, key="other_runs", vertical_alignment="center"):
            st.caption("Other runs now:", width="content")
            for run, text in others[:_MOST]:
                # no link: one to the page that is open changes the run, and not the address
                st.button(
                    f"{escape_markdown(_short(run.name))} :gray[{escape_markdown(text)}]",
                    key=f"other_{run.id}",
                    type="tertiary",
                    on_click=tab.set_current,
                    args=("run", run.id),
                )
            if len(others) > _MOST:
                more = f"and {len(others) - _MOST:,} more"
                st.page_link("pages/runs.py", label=more, query_params=tab.link_parameters())


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _texts(found: Line) -> list[tuple[RunRecord, str]]:
    """What is said of each: whose it is, what it is at, how long that goes on where it is known."""
    texts = []
    for run, left_s in found.held:
        texts.append((run, [run.person, run.status, left_s and f"{duration_text(left_s)} to go"]))
    for run, place in found.waiting:
        starts = place.wait_s and f"starts in {duration_text(place.wait_s)}"
        after = place.after and f"waits for {place.after}"
        texts.append((run, [run.person, f"at position {place.number}", after, starts]))
    return [(run, ", ".join(str(part) for part in parts if part)) for run, parts in texts]
