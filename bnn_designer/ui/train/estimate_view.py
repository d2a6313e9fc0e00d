"""How long the run will take, under Start; and where nobody can say, or only roughly, a short run that tells."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.measuring.training_time import NoEstimate, estimate_text, short_run, training_time
from bnn_designer.runs import queue
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted


def draw_estimate(design: Design, recipe: Recipe, may_start: bool, teacher: Design | None = None) -> None:
    """The time with what it is told by.

    Args:
        design: as it will be trained; it can be lowered.
        recipe: of the run.
        may_start: whether a run may start now; else none that measures may, either.
        teacher: the twin that is to be its teacher and is not trained yet, without which nothing measures the run.
    """
    found = training_time(state.store(), design, recipe, teacher=teacher)
    known = not isinstance(found, NoEstimate)
    if isinstance(found, NoEstimate):
        st.caption(escape_markdown(f"How long it will take is not known. {found.reason}"))
    else:
        st.caption(escape_markdown(estimate_text(found)))
        if found.basis == "same":
            return
    if teacher is not None:
        return
    short, its_recipe = short_run(design, recipe)
    measuring = _under_way(short, its_recipe)
    if measuring is not None:
        st.caption(f"It is being measured by run {measuring.id}, which is {measuring.status}.")
        return
    st.button(
        "Measure it",
        key="measure_time",
        type="tertiary" if known else "secondary",
        disabled=not may_start,
        help=f"Queues a short run of this network in the same manner: {its_recipe.subset:,} training images, "
        f"{counted(its_recipe.epochs, 'epoch')}. It appears among the runs, and can be deleted.",
        on_click=_measure,
        args=(short, its_recipe),
    )


def _under_way(design: Design, recipe: Recipe) -> RunRecord | None:
    """A run that measures the same and has not ended."""
    documents = design.to_json(), recipe.to_json()
    _, runs = state.store().in_line()
    return next((run for run in runs if not run.ended and (run.design_json, run.recipe_json) == documents), None)


def _measure(design: Design, recipe: Recipe) -> None:
    with state.reported():
        tab.set_current("run", queue.submit(state.store(), design, recipe, person=tab.notes().person))
