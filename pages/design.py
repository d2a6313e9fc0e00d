"""Design: assemble a network from blocks and see what it costs."""

from bnn_designer.ui.design.file_view import open_linked_design
from bnn_designer.ui.design.start_view import draw_start
from bnn_designer.ui.design.workbench import draw_workbench
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
with state.errors_shown():
    open_linked_design()
    draft = state.current_draft()
    state.show_notices()
    if draft is None:
        draw_start()
    else:
        draw_workbench(draft)
