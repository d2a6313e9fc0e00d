"""The views of the Compare page; only the one that is open is worked out."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.search_view import draw_search
from bnn_designer.ui.compare.side_view import draw_side_by_side
from bnn_designer.ui.compare.sweep_view import draw_open_sweep
from bnn_designer.ui.compare.trade_off_view import draw_trade_offs
from bnn_designer.ui.compare.what_if_view import draw_what_if
from bnn_designer.ui.shared.choice_widgets import draw_switch
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.draft_choice import draw_choice

#: By their names in the address.
VIEWS = {"what-if": "What if", "side-by-side": "Side by side", "trade-offs": "Trade-offs", "search": "Search"}
_DEFAULT = "what-if"


def draw_views(draft: Draft | None) -> None:
    """The choice of the view, and the view."""
    view = choice("part", _DEFAULT, VIEWS)
    draw_switch("View", "part", view, VIEWS, _DEFAULT, key="compare_view")
    if view == "side-by-side":
        draw_side_by_side(draft)
    elif view == "trade-offs":
        draw_trade_offs(draft)
    elif view == "search":
        draw_search(draft)
    else:
        draw_choice(draft)
        if draft is None:
            st.info("Choose a draft or a preset to see what its variants would cost.")
            draw_open_sweep()
        else:
            draw_what_if(draft)
