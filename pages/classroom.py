"""Class: make one, and follow how far its members are."""

from bnn_designer.ui.classroom.classroom_view import draw_classroom
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
with state.errors_shown():
    state.current_draft()
    state.show_notices()
    draw_classroom()
