"""Look inside: the trained network of a run."""

import streamlit as st

from bnn_designer.ui.inside.inside_view import draw_inside, draw_nothing
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
st.subheader("Look inside", anchor=False)
with state.errors_shown():
    state.current_draft()
    run = state.current_run()
    state.show_notices()
    if run is None:
        draw_nothing()
    else:
        draw_inside(run)
