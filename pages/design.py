"""Design: assemble a network from blocks and see what it costs."""

import streamlit as st

from bnn_designer.ui import state
from bnn_designer.ui.cost_view import draw_costs
from bnn_designer.ui.design_view import draw_header, draw_picture, draw_totals
from bnn_designer.ui.inspector_view import draw_inspector
from bnn_designer.ui.navigation import enter_page
from bnn_designer.ui.outline import outline
from bnn_designer.ui.outline_view import draw_outline, draw_palette
from bnn_designer.ui.partial import figures
from bnn_designer.ui.start_view import draw_start

enter_page()
with state.errors_shown():
    draft = state.current_draft()
    state.show_notices()
    if draft is None:
        draw_start()
    else:
        known = figures(draft.design)
        rows = outline(draft.design, known)
        selected = state.selected_block(draft.design)
        draw_header(draft)
        draw_totals(known)
        draw_picture(draft.design, rows, selected)
        palette, blocks, inspector = st.columns([2, 5.4, 3.2], gap="medium")
        with palette:
            draw_palette(draft.design, selected)
        with blocks:
            draw_outline(rows, known, selected)
        with inspector:
            draw_inspector(draft.design, known, selected)
        draw_costs(known)
