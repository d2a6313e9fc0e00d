"""Learn: lessons on binarized networks that run."""

from bnn_designer.ui.learn.course_view import draw_learn
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.navigation import enter_page

enter_page()
with state.errors_shown():
    state.current_draft()
    state.show_notices()
    draw_learn()
