"""The page of one draft: tools, totals, the canvas with the settings beside it, and below what the design costs."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import streamlit as st

from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.design.small_image import small_image_stem
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.analysis_view import draw_views
from bnn_designer.ui.design.canvas_view import draw_design_canvas
from bnn_designer.ui.design.header_view import draw_header
from bnn_designer.ui.design.inspector_view import draw_inspector
from bnn_designer.ui.design.totals_view import draw_totals, read_options
from bnn_designer.ui.shared import drafting, state
from bnn_designer.units import shape_text, time_text

#: How often a tab asks whether somebody else changed the draft.
_LOOK_EVERY_S = 3


def draw_workbench(draft: Draft) -> None:
    """Everything about one draft. What is seen of it from now on is this revision."""
    drafting.see(draft)
    convention, options = read_options()
    known = figures(draft.design, options)
    draw_header(draft)
    _draw_conflict()
    _draw_stem_offer(draft.design)
    draw_totals(draft, known, convention, options)
    canvas, settings = st.columns([7, 3], gap="small")
    with canvas:
        draw_design_canvas(draft, known, options)
    with settings, st.container(key="settings"):
        draw_inspector(draft.design, known, state.selected_blocks(draft.design), options)
    draw_views(draft.design, known, state.selected_block(draft.design))
    _look_for_others(draft.id, draft.revision)


@lru_cache(maxsize=32)
def _smaller(design: Design) -> Design | None:
    return small_image_stem(design)


def _draw_stem_offer(design: Design) -> None:
    """A network made for ImageNet, given a small image: the stem that it has on small ones."""
    better = _smaller(design)
    if better is None:
        return
    with st.container(border=True, key="stem", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**Made for larger images.** One of {shape_text(design.input_shape)} is a pixel or two at the end. "
            "On small images these networks start with a 3 x 3 convolution of stride 1 and no pool."
        )
        st.button("Use the stem for small images", key="use_stem", on_click=_use_stem)


def _use_stem() -> None:
    drafting.change_draft(lambda design: small_image_stem(design) or design)


def _draw_conflict() -> None:
    """Asks about a change that would have gone over somebody else's."""
    found = drafting.conflict()
    if found is None:
        return
    with st.container(border=True, key="conflict", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**Changed elsewhere** at {_clock(found.updated_at)}, in another tab or by somebody else. This is how it "
            "is now; your last change was not made yet."
        )
        st.button("Make my change, too", key="settle_apply", type="primary", on_click=drafting.settle, args=(True,))
        st.button("Leave it", key="settle_leave", on_click=drafting.settle, args=(False,))


def _clock(moment: datetime) -> str:
    return time_text(moment).rpartition(" ")[2]


@st.fragment(run_every=_LOOK_EVERY_S)
def _look_for_others(draft_id: str, drawn_revision: int) -> None:
    """Draws the page anew once the draft is at another revision than the page shows."""
    try:
        revision = state.drafts().revision(draft_id)
    except BnnDesignerError:
        revision = -1  # deleted: the page says so
    if revision != drawn_revision:
        st.rerun()
