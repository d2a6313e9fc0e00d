"""The Train page's left side: which design, with which recipe, on what data and engine; and Start."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.training.data import describe_data
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.readiness import design_problem, engine_status
from bnn_designer.ui.train.recipe_view import design_of, draw_recipe, recipe_of


def draw_start_form(draft: Draft) -> None:
    """The recipe, what stands in the way, and Start."""
    problem = design_problem(draft.design)
    if problem is not None:
        st.error(f"This design cannot be trained: {escape_markdown(str(problem))}", icon="⚠️")
        st.page_link("pages/design.py", label="Open it on the Design page", query_params=tab.link_parameters())
    may_start = _draw_data() and problem is None
    _draw_engine()
    st.button(
        "Start training",
        type="primary",
        key="start",
        disabled=not may_start,
        width="stretch",
        on_click=_start,
    )
    draw_recipe(draft)


def _draw_data() -> bool:
    """Where CIFAR-10 is, or what to do to have it; whether a run may start."""
    status = describe_data()
    if status.path is not None:
        st.caption(f"✓ CIFAR-10 is in `{status.path}`.")
        return True
    if not status.downloadable:
        st.error(escape_markdown(str(status.problem)), icon="⚠️")
        return False
    st.warning(
        "CIFAR-10 is not on this machine. Set the environment variable `BNN_DATA_DIR` to the folder "
        "that holds `cifar-10-batches-bin` and start the app again, or let the run download it."
    )
    return st.checkbox("Download CIFAR-10 (170 MB) when the run starts", key="download_data")


def _draw_engine() -> None:
    built, text = engine_status()
    if built:
        st.caption(f"✓ {escape_markdown(text)}")
    else:
        st.info(escape_markdown(text))


def _start() -> None:
    draft = state.current_draft()
    if draft is None:
        return
    with tab.whole(), state.reported():
        tab.set_current("run", queue.submit(state.store(), design_of(draft), recipe_of(draft)))
