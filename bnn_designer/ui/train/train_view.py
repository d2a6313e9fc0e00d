"""The Train page's left side: which design, with which recipe, on what data and engine; and Start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.training.data import describe_data
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.block_form import draw_form, with_field
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.readiness import design_problem, engine_status


def draw_start_form(draft: Draft) -> None:
    """The recipe, what stands in the way, and Start."""
    problem = design_problem(draft.design)
    if problem is not None:
        st.error(f"This design cannot be trained: {escape_markdown(str(problem))}", icon="⚠️")
        st.page_link("pages/design.py", label="Open it on the Design page", query_params=tab.link_parameters())
    may_start = _draw_data() and problem is None
    _draw_engine()
    recipe = _recipe(draft)
    st.button(
        "Start training",
        type="primary",
        key="start",
        disabled=not may_start,
        width="stretch",
        on_click=_start,
    )
    st.markdown("**Recipe**")
    draw_form(Recipe, recipe.model_dump(), "recipe", _change)


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
    draft = state.current_draft()
    if draft is None:
        return
    try:
        recipe = _recipe(draft)
        changed = recipe.changed(**{names[0]: with_field(recipe.model_dump(), names, value)[names[0]]})
        state.drafts().set_recipe(draft.id, changed.to_json())
    except BnnDesignerError as error:
        state.notify(str(error))


def _start() -> None:
    draft = state.current_draft()
    if draft is None:
        return
    with tab.whole(), state.reported():
        tab.set_current("run", queue.submit(state.store(), draft.design, _recipe(draft)))
