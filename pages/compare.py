"""Compare: variants of a design with their costs, designs side by side, and one figure against another."""

from bnn_designer.ui.compare.views import draw_views
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
with state.errors_shown():
    draft = state.current_draft()
    state.show_notices()
    draw_views(draft)
