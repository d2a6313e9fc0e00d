"""Design: assemble a network from blocks and see what it costs."""

from bnn_designer.ui import state
from bnn_designer.ui.analysis_view import draw_views
from bnn_designer.ui.design_view import draw_header, draw_picture
from bnn_designer.ui.navigation import enter_page
from bnn_designer.ui.outline import outline
from bnn_designer.ui.partial import figures
from bnn_designer.ui.start_view import draw_start
from bnn_designer.ui.totals_view import draw_conventions, draw_totals

enter_page()
with state.errors_shown():
    draft = state.current_draft()
    state.show_notices()
    if draft is None:
        draw_start()
    else:
        draw_header(draft)
        convention, options = draw_conventions()
        known = figures(draft.design, options)
        rows = outline(draft.design, known)
        selected = state.selected_block(draft.design)
        draw_totals(known, convention)
        draw_picture(draft.design, rows, selected)
        draw_views(draft.design, rows, known, selected)
