"""The second view of the Compare page: two to six designs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from bnn_designer.compare import ALL_FIGURES, TrainedGroup, grouped, network_key
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.compare.figure_help import draw_figure_help, draw_notes
from bnn_designer.ui.compare.side_tables import ACCURACY_HELP, cost_sheet, runs_sheet, structure_sheet, unknown_costs
from bnn_designer.ui.compare.sources import MOST, Chosen, draft_source, offered, preset_source, resolve
from bnn_designer.ui.compare.table.sheet_view import draw_sheet
from bnn_designer.ui.compare.trained_runs import final_accuracies
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_switch
from bnn_designer.ui.shared.choices import choice, choices, choose_several
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.trained_runs import trained_runs

#: What is offered to a person who has chosen nothing yet.
_EXAMPLES = ("bi-real-cifar", "quicknet-cifar", "reactnet-cifar")
_ONLY = {"differing": "Only what differs", "all": "All blocks"}


def draw_side_by_side(draft: Draft | None) -> None:
    """The choice of the designs, and their tables."""
    runs = state.store().runs()
    default = (draft_source(draft.id),) if draft else ()
    sources = choices("designs", default)[:MOST]
    found, problems = resolve(sources, draft)
    options = offered(draft, runs)
    # a link may name what is not in the list, such as an old draft
    options |= {one.source: f"{one.title} · {one.kind}" for one in found if one.source not in options}
    known = [one.source for one in found]
    key = controlled_key("side_designs", known)
    st.multiselect(
        "Designs to compare, the first one as the reference",
        list(options),
        default=known,
        format_func=lambda source: options[source],
        key=key,
        max_selections=MOST,
        placeholder="Choose two to six drafts, variants, presets or trained designs",
        help="Every difference is to the first design. The address of this page keeps the choice, as a link to share.",
        on_change=when_current(key, lambda new: choose_several("designs", new, default)),
    )
    for problem in problems:
        st.warning(escape_markdown(problem))
    if len(found) < 2:
        _draw_empty(found, default)
        return
    _draw_reference(known, options, default)
    _draw_costs(found)
    _draw_training(found, runs)
    _draw_structure(found)


def _draw_empty(found: Sequence[Chosen], default: Sequence[str]) -> None:
    """What to do with less than two designs, and presets to begin with that are other networks."""
    what = "one more design" if found else "two designs"
    st.info(f"Choose {what} to see costs, training runs and blocks side by side. For example:")
    known = [one.source for one in found]
    networks = {network_key(one.design) for one in found}
    with st.container(horizontal=True, key="side_examples"):
        for name in _EXAMPLES:
            if network_key(preset(name)) not in networks:
                st.button(
                    f"Add {name}",
                    key=f"side_add_{name}",
                    on_click=choose_several,
                    args=("designs", (*known, preset_source(name)), default),
                )


def _draw_reference(known: list[str], options: dict[str, str], default: Sequence[str]) -> None:
    key = controlled_key("side_reference", known[0])
    st.selectbox(
        "Reference",
        known,
        index=0,
        format_func=lambda source: options[source],
        key=key,
        width=420,
        on_change=when_current(key, lambda new: _put_first(new, known, default)),
    )


def _put_first(source: str, known: list[str], default: Sequence[str]) -> None:
    choose_several("designs", (source, *(one for one in known if one != source)), default)


def _draw_costs(found: Sequence[Chosen]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="side_costs_head"):
        st.markdown("#### Costs")
        draw_figure_help(ALL_FIGURES, "side_help", ACCURACY_HELP)
    draw_sheet(cost_sheet(found), "side_costs")
    draw_notes((f"Differences are to {found[0].title}; those of 5 % and more are stressed.", *unknown_costs(found)))


def _draw_structure(found: Sequence[Chosen]) -> None:
    shown = choice("blocks", "differing", _ONLY)
    sheet, differing, total = structure_sheet(found, shown == "differing")
    with st.container(horizontal=True, vertical_alignment="center", key="side_structure_head"):
        st.markdown("#### Structure")
        draw_switch("Blocks", "blocks", shown, _ONLY, "differing", key="side_blocks")
        st.markdown(f"{differing} of {total} blocks differ")
    if len({network_key(one.design) for one in found}) == 1:
        st.success("These designs are one network: they differ only in names.")
    if sheet.rows:
        draw_sheet(sheet, "side_structure")
        st.caption("≠ set otherwise than in the first design; + not in the first; - absent here; a dot: the same.")


def _draw_training(found: Sequence[Chosen], runs: Sequence[RunRecord]) -> None:
    st.markdown("#### Training runs")
    networks = {network_key(one.design) for one in found}
    own = [run for run in trained_runs(runs) if run.network in networks]
    finals = final_accuracies([run.id for run in own])
    groups = grouped(replace(run, final=finals[run.id]) for run in own)
    draw_sheet(runs_sheet(found, groups), "side_runs")
    st.caption(
        "Validation accuracy, on CIFAR-10 where no other data is named: mean and standard deviation, in percentage "
        "points, over the seeds of runs that are done. A run belongs to a design if nothing but names differs."
    )
    _draw_links(groups)


def _draw_links(groups: Sequence[TrainedGroup]) -> None:
    ids = [run.id for group in groups for run in group.runs]
    if ids:
        link = tab.link_parameters() | {"compare": ",".join(ids[:8])}
        st.page_link("pages/runs.py", label="Their curves on the Runs page", query_params=link)
    else:
        st.page_link("pages/train.py", label="Train a design", query_params=tab.link_parameters())
