"""Train: start a run and watch it."""

import streamlit as st

from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.draft_choice import draw_choice
from bnn_designer.ui.shared.navigation import enter_page
from bnn_designer.ui.train.live_view import draw_no_run, draw_run
from bnn_designer.ui.train.others_view import draw_others
from bnn_designer.ui.train.train_view import draw_start_form

enter_page()
with state.errors_shown():
    draft = state.current_draft()
    run = state.current_run()
    state.show_notices()
    with st.container(key="train_page"):
        start, watch = st.columns([1, 2], gap="large")
    with start:
        st.subheader("Train a design", anchor=False)
        draw_choice(draft)
        if draft is not None:
            draw_start_form(draft)
    with watch, st.container(key="watch"):
        draw_others(run)
        if run is None:
            draw_no_run()
        else:
            draw_run(run)
