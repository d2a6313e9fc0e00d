"""Under the what-if's table: train the design and the ticked variants, with what that takes said beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.limits import Limits, limit_texts, limits_set
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.sweeps.plan import Plan
from bnn_designer.sweeps.queueing import refusal, start
from bnn_designer.sweeps.results import results
from bnn_designer.sweeps.what_if import sweep_of_variants
from bnn_designer.sweeps.words import plan_text, variant_words
from bnn_designer.training.data import describe_data, misfit
from bnn_designer.training.known_recipes import KnownRecipe, name_of, recipes_for
from bnn_designer.training.memory import check_memory
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.recipe_text import recipe_text
from bnn_designer.ui.compare.figure_help import draw_notes
from bnn_designer.ui.compare.sweep_time import time_of_missing
from bnn_designer.ui.compare.sweeps_known import open_sweep, planned
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice, choose
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.draft_recipe import kept_recipe
from bnn_designer.ui.shared.limit_usage import usage_now
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.person_view import draw_person

_SEEDS, _MOST_SEEDS = 3, 10
#: The recipe that the draft has on the Train page.
_OF_DRAFT = "draft"


def draw_form(draft: Draft, names: Sequence[str]) -> None:
    """How often and how to train, and the press; a sentence in its place where nothing can be trained.

    Args:
        draft: whose design it is.
        names: of the ticked variants, at least one.
    """
    with state.errors_shown(), st.container(border=True, key="sweep_form"):
        allowed = limits_set()
        own, problem = kept_recipe(draft)
        known = {name: one for name, one in recipes_for(draft.design).items() if one.change is None}
        with st.container(horizontal=True, vertical_alignment="bottom", key="sweep_choices"):
            seeds = _draw_seeds()
            name = _draw_recipe(draft.design, own, known)
            draw_person("sweep", is_needed=allowed.of_person is not None, width=180)
            place = st.container(width="content")
        recipe = own if name == _OF_DRAFT else known[name].recipe(own)
        person, runs = tab.notes().person, state.store().runs()
        try:
            definition = sweep_of_variants(draft.design, names, recipe, seeds).to_json()
            plan = planned(definition)
            obstacles = _obstacles(plan, runs, allowed, person)
        except BnnDesignerError as error:
            definition, plan, obstacles = "", None, (str(error),)
        place.button(
            "Train these",
            key="sweep_start",
            type="primary",
            disabled=plan is None or bool(obstacles),
            help="Queues the runs that are not there yet, and resumes those that have stopped.",
            on_click=_start,
            args=(definition, person),
        )
        if plan is not None:
            found = results(plan, runs)
            st.markdown(f"**{escape_markdown(plan_text(found))}**")
            with state.errors_shown():
                st.caption(escape_markdown(time_of_missing(state.store(), found.members)))
        for text in obstacles:
            st.error(escape_markdown(text), icon="⚠️")
        if plan is not None and describe_data(recipe.data).path is None:
            st.page_link("pages/train.py", label="Open the Train page", query_params=tab.link_parameters())
        draw_notes(_notes(recipe, problem is None, plan, allowed, person))


def _draw_seeds() -> int:
    text = choice("sweep_seeds", str(_SEEDS), [str(count) for count in range(1, _MOST_SEEDS + 1)])
    key = controlled_key("sweep_seeds", int(text))
    st.number_input(
        "Seeds of each",
        min_value=1,
        max_value=_MOST_SEEDS,
        value=int(text),
        key=key,
        width=130,
        help="Another seed gives another accuracy: it takes two of each to tell a difference from noise, and more to "
        "tell a small one.",
        on_change=when_current(key, lambda count: choose("sweep_seeds", str(count), str(_SEEDS))),
    )
    return int(text)


def _draw_recipe(design: Design, own: Recipe, known: dict[str, KnownRecipe]) -> str:
    """The name of the recipe, or that of the draft's own."""
    name_of_own = name_of(own, design)
    title = known[name_of_own].title if name_of_own in known else recipe_text(own)
    options = {_OF_DRAFT: f"As on the Train page: {title}"} | {
        name: f"{one.title} · to see what goes wrong" if one.goes_wrong else one.title for name, one in known.items()
    }
    name = choice("sweep_recipe", _OF_DRAFT, options)
    help = "Of all these runs. Data, first seed and engine are those of the Train page, where values can be changed."
    draw_select("Recipe", "sweep_recipe", name, options, _OF_DRAFT, key="sweep_recipe", width=420, help=help)
    return name


def _obstacles(plan: Plan, runs: Sequence[RunRecord], allowed: Limits, person: str | None) -> tuple[str, ...]:
    """Why these runs cannot be queued, the first thing to mend first; nothing where they can."""
    recipe = plan.sweep.recipe
    status = describe_data(recipe.data)
    if status.path is None:
        return (f"{status.problem}",)
    wrong = None if status.facts is None else misfit(plan.sweep.design, status.facts)
    if wrong is not None:
        return (f"{wrong}",)
    teacher = teacher_design(state.store(), recipe)
    for one in plan.variants:
        if one.design is not None:
            check_memory(one.design, recipe, teacher=teacher)
    reason = refusal(plan, runs, partial(usage_now, allowed), person)
    return () if reason is None else (reason,)


def _notes(recipe: Recipe, readable: bool, plan: Plan | None, allowed: Limits, person: str | None) -> tuple[str, ...]:
    found = [f"{recipe_text(recipe)}; the design as it is is trained too, and the others are held against it."]
    if not readable:
        found.append("The recipe of this draft cannot be read; the default one stands in for it.")
    for one in plan.left_out if plan is not None else ():
        found.append(f"{variant_words(one.variant)}: left out. {one.problem}")
    if allowed.any:
        found.append(f"This server: {'; '.join(limit_texts(allowed, usage_now(allowed, person), person))}.")
    return tuple(found)


def _start(definition: str, person: str | None) -> None:
    with state.reported():
        started = start(state.store(), planned(definition), person=person)
        open_sweep(started.id)
        state.notify(started.text, "success")
