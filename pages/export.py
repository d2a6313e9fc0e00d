"""Export: a run or a design in the forms that other tools load."""

import streamlit as st

from bnn_designer.ui.export.export_view import draw_export
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
st.subheader("Export", anchor=False)
with state.errors_shown():
    state.current_draft()
    state.current_run()
    state.show_notices()
    draw_export()
