"""The Train page's left side: which design, with which recipe, on what data and engine; and Start."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.data_view import draw_data, draw_fit
from bnn_designer.ui.train.entry_view import draw_entry
from bnn_designer.ui.train.estimate_view import draw_estimate
from bnn_designer.ui.train.readiness import design_problem, engine_status, memory_problem
from bnn_designer.ui.train.recipe_view import change_recipe, design_of, draw_recipe, recipe_of


def draw_start_form(draft: Draft) -> None:
    """The recipe, what stands in the way, and Start."""
    recipe = recipe_of(draft)
    status, data_is_there = draw_data(recipe.data, change_recipe)
    problem = design_problem(draft.design, status.facts)
    if problem is not None:
        st.error(f"This design cannot be trained: {escape_markdown(str(problem))}", icon="⚠️")
        draw_fit(draft.design, status.facts)
        st.page_link("pages/design.py", label="Open it on the Design page", query_params=tab.link_parameters())
    may_start = data_is_there and problem is None
    _draw_engine()
    teacher = teacher_design(state.store(), recipe)
    if problem is None and (memory := memory_problem(draft.design, recipe, teacher)) is not None:
        st.error(escape_markdown(str(memory)), icon="⚠️")
        may_start = False
    may_start = draw_entry(recipe.epochs) and may_start
    st.button(
        "Start training",
        type="primary",
        key="start",
        disabled=not may_start,
        width="stretch",
        on_click=_start,
    )
    with st.container(key="estimate"), state.errors_shown():  # always there, so that what is below keeps its place
        if problem is None:
            draw_estimate(design_of(draft), recipe, may_start)
    draw_recipe(draft)


def _draw_engine() -> None:
    built, text = engine_status()
    if built:
        st.caption(f"✓ {escape_markdown(text)}")
    else:
        st.info(escape_markdown(text))


def _start() -> None:
    with state.reported():
        draft = state.current_draft()
        if draft is not None:
            person = tab.notes().person
            tab.set_current("run", queue.submit(state.store(), design_of(draft), recipe_of(draft), person=person))
