"""The Train page's left side: which design, with which recipe, on what data and engine; and Start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.block_form import draw_fields, with_field
from bnn_designer.ui.shared.fields import form_fields
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.data_view import draw_data, draw_fit
from bnn_designer.ui.train.readiness import design_problem, engine_status, memory_problem

#: The data set has a place of its own, above.
_FIELDS = tuple(spec for spec in form_fields(Recipe) if spec.name != "data")


def draw_start_form(draft: Draft) -> None:
    """The recipe, what stands in the way, and Start."""
    recipe = _recipe(draft)
    status, data_is_there = draw_data(recipe.data, _change)
    problem = design_problem(draft.design, status.facts)
    if problem is not None:
        st.error(f"This design cannot be trained: {escape_markdown(str(problem))}", icon="⚠️")
        draw_fit(draft.design, status.facts)
        st.page_link("pages/design.py", label="Open it on the Design page", query_params=tab.link_parameters())
    may_start = data_is_there and problem is None
    _draw_engine()
    if problem is None and (memory := memory_problem(draft.design, recipe)) is not None:
        st.error(escape_markdown(str(memory)), icon="⚠️")
        may_start = False
    st.button(
        "Start training",
        type="primary",
        key="start",
        disabled=not may_start,
        width="stretch",
        on_click=_start,
    )
    st.markdown("**Recipe**")
    draw_fields(_FIELDS, recipe.model_dump(), "recipe", _change)


def _draw_engine() -> None:
    built, text = engine_status()
    if built:
        st.caption(f"✓ {escape_markdown(text)}")
    else:
        st.info(escape_markdown(text))


def _recipe(draft: Draft) -> Recipe:
    """The recipe kept with the draft; the default where there is none, or one that cannot be read any more."""
    if draft.recipe_json is None:
        return Recipe()
    try:
        return Recipe.from_json(draft.recipe_json)
    except BnnDesignerError as error:
        state.notify(f"The recipe of this draft cannot be read; the default one is shown instead. {error}", "warning")
        return Recipe()


def _change(names: tuple[str, ...], value: Any) -> None:
    """Keeps a changed field with the draft as it is now."""
    with state.reported():
        draft = state.current_draft()
        if draft is not None:
            changed = Recipe.from_fields(**with_field(_recipe(draft).model_dump(), names, value))
            state.drafts().set_recipe(draft.id, changed.to_json())


def _start() -> None:
    with tab.whole(), state.reported():
        draft = state.current_draft()
        if draft is not None:
            tab.set_current("run", queue.submit(state.store(), draft.design, _recipe(draft)))
