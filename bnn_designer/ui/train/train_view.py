"""The Train page's left side: which design, with which recipe, on what data and engine; and Start."""

from __future__ import annotations

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.data_view import draw_data, draw_fit
from bnn_designer.ui.train.entry_view import draw_entry
from bnn_designer.ui.train.estimate_view import draw_estimate
from bnn_designer.ui.train.readiness import design_problem, engine_status, memory_problem
from bnn_designer.ui.train.recipe_view import change_recipe, design_of, draw_recipe, recipe_of
from bnn_designer.ui.train.twin_view import Next, draw_next, next_run, wants_twin


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
    following = None
    if problem is None:
        with state.errors_shown():
            following = _next(draft, recipe)
    if following is not None and (memory := _memory_problem(following)) is not None:
        st.error(escape_markdown(str(memory)), icon="⚠️")
        may_start = False
    may_start = draw_entry(recipe.epochs) and may_start and following is not None and not following.waits
    st.button(
        "Train its twin first" if following is not None and following.is_twin else "Start training",
        type="primary",
        key="start",
        disabled=not may_start,
        width="stretch",
        on_click=_start,
    )
    with st.container(key="estimate"), state.errors_shown():  # always there, so that what is below keeps its place
        if following is not None:
            draw_next(following)
            if not following.waits:
                draw_estimate(following.design, following.recipe, may_start)
    draw_recipe(draft)


def _next(draft: Draft, recipe: Recipe) -> Next:
    """What Start starts; raises DesignError where that is no network."""
    design = design_of(draft)
    return next_run(design, recipe, state.store().runs()) if wants_twin() else Next(design, recipe)


def _memory_problem(following: Next) -> BnnDesignerError | None:
    return memory_problem(following.design, following.recipe, teacher_design(state.store(), following.recipe))


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
            following = _next(draft, recipe_of(draft))
            if following.waits:  # another tab, or another press, has queued the twin since
                return
            person = tab.notes().person
            submitted = queue.submit(state.store(), following.design, following.recipe, person=person)
            tab.set_current("run", submitted)
