"""Runs: what was trained, and how the curves compare."""

import streamlit as st

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
    runs = state.store().runs()
    if runs:
        draw_runs(runs)
    else:
        draw_no_runs()
