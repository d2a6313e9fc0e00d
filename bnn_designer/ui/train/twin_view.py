"""The teacher on the Train page: none, a run that was named, or the design's full-precision twin.

With the twin one press queues two runs: the twin's own, unless it is there, and the design's, which waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.runs import queue
from bnn_designer.runs.records import RunRecord
from bnn_designer.sweeps.taught import has_stopped, queue_taught, twin_run
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.ui.shared.run_actions import draw_actions
from bnn_designer.units import percent_text

#: The parameter in the address, and its values.
_TEACHER, _AS_IN_RECIPE, _TWIN = "teacher", "recipe", "twin"
_LOOK_EVERY_S = 3.0


@dataclass(frozen=True)
class Next:
    """What *Start training* starts.

    Attributes:
        design: as it will be trained.
        recipe: of its run; the twin's id is not in it yet.
        twin: the design's full-precision twin and the recipe of that, where it is to be the teacher.
        twin_run: the twin's run, where it is there.
    """

    design: Design
    recipe: Recipe
    twin: tuple[Design, Recipe] | None = None
    twin_run: RunRecord | None = None

    @property
    def new(self) -> tuple[tuple[Design, Recipe], ...]:
        """The runs that it queues, in the order in which they start."""
        own = (self.design, self.recipe)
        return (own,) if self.twin is None or self.twin_run is not None else (self.twin, own)

    @property
    def may_start(self) -> bool:
        """Whether the twin, if it is to be the teacher, is done, under way, or not there yet."""
        return self.twin_run is None or not has_stopped(self.twin_run)

    def submit(self, person: str | None) -> str:
        """Queues them, and returns the id of the design's own run; raises as :func:`queue_taught`."""
        start = queue.submit if self.twin is None else queue_taught
        return start(state.store(), self.design, self.recipe, person=person)


def next_of(design: Design, recipe: Recipe) -> Next:
    """What would be started now; raises DesignError where the twin is wanted and there is none."""
    if choice(_TEACHER, _AS_IN_RECIPE, (_AS_IN_RECIPE, _TWIN)) != _TWIN:
        return Next(design, recipe)
    twin = (full_precision_twin(design), recipe.as_teachers())
    return Next(design, recipe, twin, twin_run(design, recipe, state.store().runs()))


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
    """Under Start: that there are two runs, or how far the twin is that is there."""
    if found.twin_run is not None:
        every = None if found.twin_run.ended else _LOOK_EVERY_S
        st.fragment(_draw_twin, run_every=every)(found.twin_run.id, found.twin_run.ended)
    elif found.twin is not None:
        st.caption(
            "Two runs are queued: the full-precision twin's, with this recipe, and the design's own, which waits until "
            "the twin is done and learns from it."
        )


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
            if has_stopped(run):
                draw_actions(run, extend=False)
        if run.status == "done":
            st.caption(f"It is trained: {percent_text(run.best_val_accuracy)} at best. The next run learns from it.")
        elif run.ended:
            st.warning("It has stopped. Resume it or try it again; it is the teacher once it is done.")
        else:
            st.caption("The design's own run waits until it is done, and learns from it.")
