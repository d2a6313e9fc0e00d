"""The fourth view of the Compare page: what a search has found, and how far it is. Other processes work; this reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import streamlit as st

from bnn_designer.compare import FIGURES_BY_NAME
from bnn_designer.design.links import PARAMETER, link_text
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.sweeps import SweepRecord
from bnn_designer.runs.sweeps import sweep as stored
from bnn_designer.runs.sweeps import sweeps as all_stored
from bnn_designer.search.results import Found
from bnn_designer.search.trials import Trial
from bnn_designer.search.words import counts_text, limits_text
from bnn_designer.training.recipe_text import recipe_text
from bnn_designer.ui.compare.figure_help import draw_notes
from bnn_designer.ui.compare.search_points import search_chart, search_points, trained, trial_title
from bnn_designer.ui.compare.search_start import draw_start
from bnn_designer.ui.compare.search_table import row_id, trained_sheet, untrained, untrained_sheet
from bnn_designer.ui.compare.search_work import draw_work, is_at_work
from bnn_designer.ui.compare.searches_known import OPEN, TRIAL, found_by, in_order
from bnn_designer.ui.compare.table.sheet_view import draw_sheet
from bnn_designer.ui.compare.table.values import Picked
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.charts import ink_of
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice, choose
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.units import percent_text, time_text

_POLL_S = 1.5
#: Between two runs a search proposes and prices; one whose last run ended earlier than this is taken for stopped.
_BETWEEN_RUNS = timedelta(seconds=30)
#: So many proposals that were never trained are listed, and so many reasons why runs did not end well.
_MOST_UNTRAINED, _MOST_REASONS = 25, 8
_ENDS = {"pruned": "was cancelled early", "failed": "failed"}
_MEANING = (
    "The front is of one seed: differences of a point or two are noise. Before you rely on one, open it as a design, "
    "and train it with several seeds under What if."
)


def draw_search(draft: Draft | None) -> None:
    """The searches of the store, of which one is open; how to start one where there is none."""
    records = in_order(all_stored(state.store(), "search"), draft.design if draft else None)
    if not records:
        st.info("Nothing was searched in this store yet.")
        draw_start(draft)
        return
    by_id = {one.id: one for one in records}
    open_id = choice(OPEN, records[0].id, by_id)
    names = {one.id: f"{one.name}, {time_text(one.created_at)}" for one in records}
    help = "Begun here or by `bnn-designer search`; those of this design first."
    draw_select("Search", OPEN, open_id, names, records[0].id, key="search_open", width=420, help=help)
    is_going = _is_going(by_id[open_id], state.store().runs())
    with st.container(border=True, key="search"):
        st.fragment(_draw, run_every=_POLL_S if is_going else None)(open_id, is_going)
    with st.expander("Start another search", key="search_another"):
        draw_start(draft)


def _is_going(record: SweepRecord, runs: Sequence[RunRecord]) -> bool:
    """Whether a process is at work on it, or a run of it waits or trains, or has ended just now: the next is near."""
    if is_at_work(record.id):
        return True
    own = [run for run in runs if run.sweep == record.id]
    since = datetime.now(timezone.utc) - _BETWEEN_RUNS
    return any(not run.ended or (run.finished_at is not None and run.finished_at > since) for run in own)


def _draw(search_id: str, was_going: bool) -> None:
    with state.errors_shown():
        store = state.store()
        if was_going:
            # also notices a worker that was killed
            queue.dispatch(store)
        record, runs = stored(store, search_id), store.runs()
        if _is_going(record, runs) != was_going:
            st.rerun()  # the whole page, so that the polling stops, or begins again
        try:
            found = found_by(record)
        except BnnDesignerError as error:
            st.warning(escape_markdown(str(error)))
            return
        _draw_head(record, found)
        at_work = [run for run in runs if run.sweep == record.id and not run.ended]
        _draw_runs(at_work, found)
        if is_at_work(record.id) or not at_work:
            draw_work(found)
        if trained(found):
            _draw_chart(found)
            _draw_trained(found)
        _draw_untrained(found)
        draw_notes((*_reasons(found), *((_MEANING,) if found.front else ())))


def _draw_head(record: SweepRecord, found: Found) -> None:
    search = found.search
    st.markdown(f"### {escape_markdown(record.name)}, searched :gray[search {record.id}]")
    st.caption(
        f"Of {time_text(record.created_at)} · **{escape_markdown(limits_text(search.limits))}** · "
        f"{escape_markdown(recipe_text(search.recipe))} · seed {search.recipe.seed}"
    )
    st.markdown(escape_markdown(counts_text(found).partition(": ")[2]))


def _draw_runs(runs: Sequence[RunRecord], found: Found) -> None:
    """What it trains now."""
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center", key=f"search_run_{run.id}"):
            st.page_link(
                "pages/train.py",
                label=f"Trial {len(trained(found)) + 1}, run {run.id}",
                help="Its curves and its log, on the Train page.",
                query_params=tab.link_parameters() | {"run": run.id},
            )
            st.badge(f"{run.stopping}…" if run.stopping else run.status, color=STATUS_COLORS[run.status])


def _draw_chart(found: Found) -> None:
    figures = {name: FIGURES_BY_NAME[name].heading for name in found.search.figures}
    default = found.search.figures[0]
    figure = choice("search_figure", default, figures)
    help = "What accuracy is drawn against; those with a budget first."
    draw_select("Accuracy beside", "search_figure", figure, figures, default, key="search_axis", width=260, help=help)
    points = search_points(found, figure)
    if not points:
        st.caption(f"No trial has an accuracy and {figures[figure]} yet.")
        return
    chart = search_chart(found, points, figure, ink_of(st.context.theme.type))
    st.plotly_chart(chart, key=f"search_chart_{figure}", config={"displaylogo": False})
    if len(found.search.limits) > 1:
        st.caption(
            "The line is the front of these two figures; filled points are on that of all figures with a budget."
        )


def _draw_trained(found: Found) -> None:
    trials = {row_id(found, one): one for one in trained(found)}
    first = row_id(found, (found.front or trained(found))[0])
    chosen = choice(TRIAL, first, trials)
    _draw_chosen(found, trials[chosen])
    draw_sheet(
        trained_sheet(found),
        "search_table",
        chosen=(chosen,),
        sort=choice("search_sort", ""),
        on_picked=_pick,
    )


def _pick(picked: Picked) -> None:
    choose(TRIAL, picked.chosen[0] if picked.chosen else "")
    choose("search_sort", picked.sort)


def _draw_chosen(found: Found, trial: Trial) -> None:
    """The trial that is ticked, and where it goes on from here."""
    with st.container(horizontal=True, vertical_alignment="center", key="search_chosen"):
        said = f"{percent_text(trial.accuracy)} · {found.changes(trial)}"
        st.markdown(f"**{trial_title(found, trial)}** · {escape_markdown(said)}")
        st.space("stretch")
        st.page_link(
            "pages/design.py",
            label="Open as a design",
            help="A new draft of this network, on the Design page.",
            query_params={PARAMETER: link_text(found.design(trial))},
        )
        if trial.run is not None:
            st.page_link(
                "pages/train.py",
                label="See its run",
                query_params=tab.link_parameters() | {"run": trial.run},
            )


def _draw_untrained(found: Found) -> None:
    left = untrained(found)
    if not left:
        return
    with st.expander(f"Never trained ({len(left)})", key="search_untrained"):
        st.caption("The cost model holds every proposal to the budgets before anything is trained. The nearest first.")
        sheet = untrained_sheet(found, _MOST_UNTRAINED)
        draw_sheet(sheet, "search_untrained_table")
        if len(left) > _MOST_UNTRAINED:
            st.caption(f"And {len(left) - _MOST_UNTRAINED:,} more, which are further from it.")


def _reasons(found: Found) -> list[str]:
    """Why runs were cancelled early or failed."""
    ended = [one for one in trained(found) if one.reason]
    lines = [f"{trial_title(found, one)} {_ENDS[one.state]}: {one.reason.rstrip('.')}." for one in ended]
    more = len(lines) - _MOST_REASONS
    return lines if more <= 0 else [*lines[:_MOST_REASONS], f"And {more} more."]
