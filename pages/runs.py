"""Runs: what was trained, and how the curves compare."""

import streamlit as st

from bnn_designer.ui.runs.deleted_view import draw_deleted, draw_undo
from bnn_designer.ui.runs.results_view import draw_results
from bnn_designer.ui.runs.runs_view import draw_no_runs, draw_runs, refresh_queue
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
st.subheader("Runs", anchor=False)
with state.errors_shown():
    state.current_draft()
    state.current_run()
    state.show_notices()
    refresh_queue()
    runs, deleted = state.store().runs(), state.store().runs(deleted=True)
    draw_undo(deleted)
    if runs:
        draw_runs(runs, deleted)
    else:
        draw_no_runs()
        draw_deleted(deleted)
    draw_results(opened=not runs)
