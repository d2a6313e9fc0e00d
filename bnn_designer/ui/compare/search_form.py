"""The form that starts a search: budgets, how long, what is varied; and before it is pressed why it cannot start."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.compare import FIGURES_BY_NAME, Unknown
from bnn_designer.compare.freedom import KINDS
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.training_time import NoEstimate, training_time
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.limits import Entry, Limits, limits_set, refusal
from bnn_designer.runs.teacher import teacher_design
from bnn_designer.search.definition import Search, limits_of
from bnn_designer.search.loop import Amount
from bnn_designer.search.process import launch
from bnn_designer.search.words import limits_text
from bnn_designer.training.data import describe_data, misfit
from bnn_designer.training.memory import check_memory
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.recipe_text import recipe_text
from bnn_designer.ui.compare.known import known
from bnn_designer.ui.compare.searches_known import OPEN, search_by
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.asking import ask
from bnn_designer.ui.shared.choice_widgets import draw_select, number_choice, several_choice, text_choice
from bnn_designer.ui.shared.choices import choice, choose
from bnn_designer.ui.shared.draft_recipe import kept_recipe
from bnn_designer.ui.shared.limit_usage import usage_now
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.person_view import draw_person
from bnn_designer.units import counted, duration_text

HOURS = 2.0
#: More than any search trains.
MOST_TRIALS = 100_000
_KIB = 1024
_LATENCIES = {name: figure.heading for name, figure in FIGURES_BY_NAME.items() if name.startswith("latency_")}


def own_ram_kib(draft: Draft) -> int | None:
    """The RAM that the design takes as it is, rounded up to whole KiB; None: it is not known."""
    try:
        arena_bytes = known(draft.design).totals["arena_bytes"]
    except BnnDesignerError:
        return None
    return None if isinstance(arena_bytes, Unknown) else int(-(-arena_bytes // _KIB))


def draw_form(draft: Draft) -> None:
    """The fields, what they mean for this design, and the press."""
    with state.errors_shown(), st.container(border=True, key="search_form"):
        allowed = limits_set()
        recipe, problem = kept_recipe(draft)
        fields = _draw_budgets(draft)
        with st.container(horizontal=True, vertical_alignment="bottom", key="search_amount"):
            hours = number_choice(
                "Hours",
                "search_hours",
                HOURS,
                0.01,
                9999.0,
                step=0.5,
                key="search_hours",
                width=130,
                help="It can be gone on with.",
            )
            trials = number_choice(
                "Networks, at most",
                "search_trials",
                None,
                1,
                MOST_TRIALS,
                key="search_trials",
                width=170,
                placeholder="no limit",
                help="Trained in all, those of earlier times of the same search among them.",
            )
            seed = number_choice(
                "Seed",
                "search_seed",
                recipe.seed,
                0,
                2**31 - 1,
                key="search_seed",
                width=130,
                help="Of all runs and of the proposals: the same seed gives the same search.",
            )
            draw_person("search", is_needed=allowed.of_person is not None, width=180)
            place = st.container(width="content")
        varied = several_choice("What is varied", "search_varied", KINDS, tuple(KINDS), key="search_varied")
        asked, obstacles = _asked(draft, recipe.changed(seed=seed), fields, varied, allowed)
        place.button(
            "Start the search",
            key="search_start",
            type="primary",
            disabled=asked is None or bool(obstacles),
            help="Begins a process of its own on this server, which goes on while no page is open.",
            on_click=_start,
            args=(asked, trials, hours),
        )
        if asked is not None:
            st.caption(escape_markdown(_meaning(asked, hours)))
        for text in obstacles:
            st.error(escape_markdown(text), icon="⚠️")
        if asked is not None and describe_data(asked.recipe.data).path is None:
            st.page_link("pages/train.py", label="Open the Train page", query_params=tab.link_parameters())
        if problem is not None:
            st.caption("The recipe of this draft cannot be read; the default one stands in for it.")


def _draw_budgets(draft: Draft) -> tuple[str, str, str, str]:
    """Flash, RAM and latency as they were written, and the figure of the latency."""
    kib = own_ram_kib(draft)
    with st.container(horizontal=True, vertical_alignment="bottom", key="search_budgets"):
        ram = text_choice(
            "RAM",
            "search_ram",
            "" if kib is None else f"{kib} KiB",
            key="search_ram",
            width=150,
            help="The most that the arena may have; as given, what the design takes now. Empty: no budget.",
        )
        flash = text_choice(
            "Flash",
            "search_flash",
            "",
            key="search_flash",
            width=150,
            placeholder="such as 1 MiB",
            help="The most that the deployed file may have. Empty: no budget.",
        )
        latency = text_choice(
            "Latency",
            "search_latency",
            "",
            key="search_latency",
            width=150,
            placeholder="such as 5 ms",
            help="The most that an image may take, as estimated for the device beside. Empty: no budget.",
        )
        first = next(iter(_LATENCIES))
        figure = choice("search_device", first, _LATENCIES)
        help = "The device whose latency that is."
        draw_select("of", "search_device", figure, _LATENCIES, first, key="search_device", width=260, help=help)
    return flash, ram, latency, figure


def _asked(
    draft: Draft, recipe: Recipe, fields: tuple[str, str, str, str], varied: Sequence[str], allowed: Limits
) -> tuple[Search | None, tuple[str, ...]]:
    """What the fields ask for, and why it cannot start; None: the fields themselves are the reason."""
    try:
        limits = limits_of(*fields)
        if not limits:
            return None, ("A search needs a budget, else the largest network wins: of RAM, flash or latency.",)
        asked = Search(draft.design, recipe, limits, tuple(varied))
        asked = search_by(asked.to_json())
        return asked, _obstacles(asked, allowed)
    except BnnDesignerError as error:
        return None, (str(error),)


def _obstacles(asked: Search, allowed: Limits) -> tuple[str, ...]:
    """The first thing to mend; nothing where it can start."""
    status = describe_data(asked.recipe.data)
    if status.path is None:
        return (f"{status.problem}",)
    wrong = None if status.facts is None else misfit(asked.design, status.facts)
    if wrong is not None:
        return (f"{wrong}",)
    check_memory(asked.design, asked.recipe, teacher=teacher_design(state.store(), asked.recipe))
    person = tab.notes().person
    reason = refusal(allowed, Entry(person, asked.recipe.epochs), usage_now(allowed, person))
    return () if reason is None else (reason,)


def _meaning(asked: Search, hours: float) -> str:
    space = asked.space
    points = f"{space.size:,} points of {counted(len(space.degrees), 'degree')} of freedom"
    text = f"{points}; {limits_text(asked.limits)}. Each network with {recipe_text(asked.recipe)}, as on the Train page"
    takes = training_time(state.store(), asked.design, asked.recipe)
    if isinstance(takes, NoEstimate):
        return f"{text}. How long a run takes is not known: a short one on the Train page tells."
    count = int(hours * 3600 // takes.total_s)
    runs = "no whole run of it" if not count else f"{counted(count, 'run')} of that length"
    return f"{text}. The design itself takes about {duration_text(takes.total_s)}: {runs} in this time."


def _start(asked: Search, trials: int | None, hours: float) -> None:
    with state.reported():
        ask("search")
        choose(OPEN, launch(state.store(), asked, Amount(trials, hours), tab.notes().person))
