"""A second run beside the first: which it is, in the address, and its column."""

from __future__ import annotations

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.report_file import read_found, report_path
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import percent_text

_PARAMETER = "beside"
#: Runs that are offered, the newest first; each is looked up on disk.
_MOST = 200


def draw_beside_choice(run: RunRecord) -> RunRecord | None:
    """The list of runs that were looked into, and the one that is chosen; None: this run alone."""
    others = {
        one.id: one
        for one in state.store().runs()[:_MOST]
        if one.id != run.id and report_path(state.store(), one.id).is_file()
    }
    chosen = choice(_PARAMETER, "", {"", *others})
    if others:
        names = {"": "no other run"} | {
            one.id: f"{one.name} ({one.id}, {percent_text(one.best_val_accuracy)})" for one in others.values()
        }
        draw_select(
            "Beside it",
            _PARAMETER,
            chosen,
            names,
            "",
            key="inside_beside",
            width=420,
            help="Another run that was looked into; both show the same part, and the same layer where both have it.",
        )
    return others.get(chosen)


def found_beside(run: RunRecord) -> Found | None:
    """What was found in the second run; None, and a word of why, where it cannot be read."""
    try:
        return read_found(state.store(), run.id)
    except BnnDesignerError as error:
        st.warning(escape_markdown(f"Run {run.id}: {error}"))
        return None


def draw_column_head(run: RunRecord, found: Found) -> None:
    """Whose column it is."""
    inside = found.inside
    st.markdown(f"#### {escape_markdown(run.name)} :gray[{run.id}]")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"**{percent_text(inside.accuracy)}** of {inside.images:,} test images of {escape_markdown(inside.data)}, "
            f"{inside.epoch_file} epoch"
        )
        parameters = tab.link_parameters() | {"run": run.id, _PARAMETER: ""}
        st.page_link("pages/inside.py", label="Alone", query_params=parameters, help="This run without the other.")
