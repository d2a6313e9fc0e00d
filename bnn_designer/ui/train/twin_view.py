"""The teacher on the Train page: none, a run that was named, or the design's full-precision twin, trained first.

A run never waits for another one in the queue. So the twin is queued first; the design's own run is started by the same
button once the twin is trained. Which of both is next follows from the runs that are there: nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.runs.records import RunRecord
from bnn_designer.sweeps.identity import matching, run_key
from bnn_designer.sweeps.plan import run_that_counts
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.units import percent_text

#: The parameter in the address, and its values.
_TEACHER, _AS_IN_RECIPE, _TWIN = "teacher", "recipe", "twin"
_LOOK_EVERY_S = 3.0


@dataclass(frozen=True)
class Next:
    """What *Start training* starts.

    Attributes:
        twin: the run of the twin, where it is to be the teacher and is there.
        is_twin: whether the twin is what is started.
        waits: whether the twin is there and not done: nothing can be started until it is.
    """

    design: Design
    recipe: Recipe
    twin: RunRecord | None = None
    is_twin: bool = False
    waits: bool = False


def wants_twin() -> bool:
    """Whether the twin is chosen as the teacher."""
    return choice(_TEACHER, _AS_IN_RECIPE, (_AS_IN_RECIPE, _TWIN)) == _TWIN


def next_run(design: Design, recipe: Recipe, runs: Sequence[RunRecord]) -> Next:
    """What is started next where the twin is to be the teacher.

    Args:
        design: as it will be trained.
        recipe: of its run; a teacher that it names gives way to the twin.
        runs: of the store, the newest first.

    Raises:
        DesignError: the design is in full precision already.
    """
    twin, its_recipe = full_precision_twin(design), recipe.as_teachers()
    key = run_key(twin, its_recipe)
    run = run_that_counts(matching(list(runs), {key}).get(key, []))
    if run is None:
        return Next(twin, its_recipe, is_twin=True)
    if run.status != "done":
        return Next(design, recipe, run, waits=True)
    return Next(design, recipe.changed(teacher=run.id), run)


def draw_teacher(recipe: Recipe) -> None:
    """The choice; a run's id is typed among the values of the recipe."""
    named = "none" if recipe.teacher is None else f"run {recipe.teacher}"
    options = {_AS_IN_RECIPE: named, _TWIN: "this design's full-precision twin, trained first"}
    chosen = choice(_TEACHER, _AS_IN_RECIPE, options)
    help = (
        "Knowledge distillation: the network also learns from the outputs of another one. How much, how softened, and "
        "the run of any other teacher are among all other values."
    )
    draw_select("Teacher", _TEACHER, chosen, options, _AS_IN_RECIPE, key="train.teacher", width="stretch", help=help)


def draw_next(found: Next) -> None:
    """Under Start: which of the two runs is next, and how far the twin is."""
    if found.is_twin:
        st.caption(
            "Two runs, one after the other. First the full-precision twin, with this recipe; once it is trained, the "
            "same button starts the design's own run with it as the teacher."
        )
        return
    if found.twin is not None:
        every = None if found.twin.ended else _LOOK_EVERY_S
        st.fragment(_draw_twin, run_every=every)(found.twin.id, found.twin.ended)


def _draw_twin(run_id: str, was_ended: bool) -> None:
    """The run of the twin; at its end the page is drawn anew, whichever run it shows beside this."""
    with state.errors_shown():
        run = state.store().run(run_id)
        if run.ended != was_ended:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", key="twin_run"):
            st.page_link(
                "pages/train.py",
                label=f"The twin is run {run.id}",
                help=f"Opens {escape_markdown(run.name)}, with its curves.",
                query_params=tab.link_parameters() | {"run": run.id, _TEACHER: _TWIN},
            )
            st.badge(run.status, color=STATUS_COLORS[run.status])
        if run.status == "done":
            st.caption(f"It is trained: {percent_text(run.best_val_accuracy)} at best. The next run learns from it.")
        elif run.ended:
            st.warning("It has stopped. Resume it or try it again there; it is the teacher once it is done.")
        else:
            st.caption("Once it is done, this button starts the design's own run with it as the teacher.")
