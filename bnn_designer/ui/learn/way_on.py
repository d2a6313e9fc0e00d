"""The ways on from a lesson's end: to the designer, to a short run, to runs that are kept, into a trained network."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.lessons import Lesson, LookInside
from bnn_designer.measuring.training_time import NoEstimate, estimate_text, training_time
from bnn_designer.results.catalogue import entry_of
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.known_recipes import KNOWN_RECIPES, KnownRecipe
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.drafting import open_design
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import percent_text

#: The recipe of a short run: the Train page has it by its name.
SHORT: KnownRecipe = KNOWN_RECIPES["quick-trial"]
#: Runs that are offered to be looked into.
_MOST_RUNS = 5


def draw_way_on(lesson: Lesson) -> None:
    """Draws them; none of it is printed."""
    with st.container(key="unprinted_design"):
        _draw_network(lesson)
        if lesson.result and entry_of(lesson.result).file.exists():
            st.page_link(
                "pages/runs.py",
                label=f"Runs that come with the program: {entry_of(lesson.result).title}",
                query_params=tab.link_parameters() | {"result": lesson.result},
            )
        if lesson.inside is not None:
            _draw_inside(lesson.inside)


def _draw_network(lesson: Lesson) -> None:
    design = lesson.design()
    with st.container(horizontal=True):
        opened = st.button("Open this network in the designer", key="lesson_design", type="primary")
        trained = st.button(
            "Train it briefly",
            key="lesson_train",
            help="Opens the Train page with this network and a short recipe. It starts when you press Start there.",
        )
    with state.errors_shown():
        st.caption(short_run_text(design))
    if opened:
        open_design(design)
        st.switch_page("pages/design.py")
    if trained:
        train_briefly(design)


def train_briefly(design: Design) -> None:
    """Goes to the Train page with a network as a draft and a short recipe."""
    open_design(design, SHORT.recipe(Recipe()).to_json())
    tab.set_current("run", None)  # else the page would show another one beside it
    st.switch_page("pages/train.py")


def short_run_text(design: Design) -> str:
    """Markdown: what a short run is, and how long it takes here; raises StoreFault."""
    found = training_time(state.store(), design, SHORT.recipe(Recipe()))
    if isinstance(found, NoEstimate):
        unknown = escape_markdown(f"How long it takes here is not known yet. {found.reason}")
        time = f"{unknown} *Measure it* on the Train page tells."
    else:
        time = escape_markdown(estimate_text(found))
    return f"A short run is {SHORT.title}. {time}"


# ---- into a trained network


def _draw_inside(inside: LookInside) -> None:
    st.markdown(f"**Look inside a trained network.** {inside.says}")
    with state.errors_shown():
        runs = runs_to_look_into(tab.notes().person)
        if not runs:
            st.caption(
                "No run has come to its end on this server yet. Train the network above; at its end there is *Look "
                "inside* beside its name."
            )
        for run in runs:
            accuracy = "" if run.best_val_accuracy is None else f", {percent_text(run.best_val_accuracy)}"
            st.page_link(
                "pages/inside.py",
                label=f"{escape_markdown(run.name)} :gray[{run.id}{accuracy}]",
                query_params=tab.link_parameters() | {"run": run.id, "part": inside.part},
            )


def runs_to_look_into(person: str | None) -> list[RunRecord]:
    """The newest runs that are done and have weights, those of the person first; raises StoreFault."""
    store = state.store()
    done = [run for run in store.runs() if run.status == "done" and store.checkpoint_path(run.id).is_file()]
    if person is not None:
        done.sort(key=lambda run: run.person != person)
    return done[:_MOST_RUNS]
