"""The Train page's left side: which design, with which recipe, on what data and engine; and Start."""

from __future__ import annotations

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.data_view import draw_data, draw_fit
from bnn_designer.ui.train.entry_view import draw_entry
from bnn_designer.ui.train.estimate_view import draw_estimate
from bnn_designer.ui.train.readiness import design_problem, engine_status, memory_problem
from bnn_designer.ui.train.recipe_view import change_recipe, design_of, draw_recipe, recipe_of
from bnn_designer.ui.train.twin_view import Next, draw_next, next_of


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
            following = next_of(design_of(draft), recipe)
    if following is not None and (memory := _memory_problem(following)) is not None:
        st.error(escape_markdown(str(memory)), icon="⚠️")
        may_start = False
    runs = 1 if following is None else len(following.new)
    may_start = draw_entry(recipe.epochs, runs) and may_start and following is not None and following.may_start
    st.button(
        "Start training",
        type="primary",
        key="start",
        disabled=not may_start,
        width="stretch",
        on_click=_start,
    )
    with st.container(key="estimate"), state.errors_shown():  # always there, so that what is below keeps its place
        if following is not None:
            draw_next(following)
            if following.may_start:
                _draw_times(following, may_start)
    draw_recipe(draft)


def _draw_times(following: Next, may_start: bool) -> None:
    """How long each of the runs will take."""
    if following.twin is None:
        draw_estimate(following.design, following.recipe, may_start)
        return
    for design, recipe in following.new:
        st.caption(f"**{escape_markdown(design.name)}**")
        draw_estimate(design, recipe, may_start, following.twin[0] if design is following.design else None)


def _memory_problem(following: Next) -> BnnDesignerError | None:
    """Of the first of the runs that has one."""
    if following.twin is None:
        teacher = teacher_design(state.store(), following.recipe)
        return memory_problem(following.design, following.recipe, teacher)
    problems = (
        memory_problem(design, recipe, following.twin[0] if design is following.design else None)
        for design, recipe in following.new
    )
    return next((problem for problem in problems if problem is not None), None)


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
            following = next_of(design_of(draft), recipe_of(draft))
            tab.set_current("run", following.submit(tab.notes().person))
