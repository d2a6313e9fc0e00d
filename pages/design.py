"""Design: assemble a network from blocks and see what it costs."""

from bnn_designer.cost.partial import figures
from bnn_designer.ui.design.analysis_view import draw_views
from bnn_designer.ui.design.design_view import draw_header, draw_picture
from bnn_designer.ui.design.outline import outline
from bnn_designer.ui.design.start_view import draw_start
from bnn_designer.ui.design.totals_view import draw_conventions, draw_totals
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

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
