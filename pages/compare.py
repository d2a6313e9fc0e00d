"""Compare: variants of a design with their costs, and two designs side by side."""

import streamlit as st

from bnn_designer.ui.compare.diff_view import draw_diff
from bnn_designer.ui.compare.what_if_view import draw_what_if
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.draft_choice import draw_choice
from bnn_designer.ui.shared.navigation import enter_page

WHAT_IF, DIFF = "What if", "Two designs"

enter_page()
with state.errors_shown():
    draft = state.current_draft()
    state.show_notices()
    view = st.segmented_control(
        "View", (WHAT_IF, DIFF), default=WHAT_IF, required=True, key="compare_view", label_visibility="collapsed"
    )
    if view == DIFF:
        draw_diff(draft)
    else:
        draw_choice(draft)
        if draft is None:
            st.caption("Choose a draft or a preset to see what its variants would cost.")
        else:
            draw_what_if(draft.design)
