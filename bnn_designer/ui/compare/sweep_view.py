"""The sweep that is open on the Compare page: how far its runs are, and what they say. Workers train; this reads."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.faults import StoreFault
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.sweeps import SweepRecord
from bnn_designer.runs.sweeps import sweep as stored
from bnn_designer.runs.sweeps import sweeps as all_stored
from bnn_designer.sweeps.plan import Member, MemberState
from bnn_designer.sweeps.queueing import start
from bnn_designer.sweeps.results import Results, results
from bnn_designer.sweeps.words import variant_words
from bnn_designer.training.failures import WAY_OUT
from bnn_designer.training.recipe_text import recipe_text
from bnn_designer.ui.compare.figure_help import draw_notes
from bnn_designer.ui.compare.sweep_table import HOW_IT_IS_TOLD, sweep_sheet
from bnn_designer.ui.compare.sweeps_known import Listed, open_id, open_sweep, planned, sweeps_of
from bnn_designer.ui.compare.table.sheet_view import draw_sheet
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.ui.shared.run_actions import draw_actions
from bnn_designer.units import counted, time_text

_POLL_S = 1.5
#: So many runs that are not done are shown one by one, and so many sweeps are listed.
_MOST_RUNS, _MOST_LISTED = 12, 10
_STATES: dict[MemberState, str] = {
    "training": "training",
    "waiting": "waiting",
    "stopped": "stopped",
    "failed": "failed",
    "missing": "not there any more",
}


def draw_open_sweep() -> None:
    """The sweep of the address, drawn again every so often until nothing of it waits or trains any more."""
    sweep_id = open_id()
    if not sweep_id:
        return
    try:
        record = stored(state.store(), sweep_id)
        over = results(planned(record.definition), state.store().runs()).is_over
    except StoreFault:
        raise
    except BnnDesignerError as error:
        st.warning(escape_markdown(str(error)))
        st.button("Close", key="sweep_close", on_click=open_sweep, args=("",))
        return
    with st.container(border=True, key="sweep"):
        st.fragment(_draw, run_every=None if over else _POLL_S)(record, over)


def draw_list(draft: Draft) -> None:
    """The sweeps of a draft, each a press from being open."""
    store = state.store()
    listed = sweeps_of(draft.design, all_stored(store, "sweep"))
    if not listed:
        return
    with st.expander(f"Sweeps of this design ({len(listed)})", key="sweep_list"):
        runs = store.runs()
        for one in listed[:_MOST_LISTED]:
            with state.errors_shown(), st.container(horizontal=True, vertical_alignment="center"):
                _draw_listed(one, runs)
        if len(listed) > _MOST_LISTED:
            st.caption(f"{len(listed) - _MOST_LISTED} earlier ones: see `bnn-designer sweeps`.")


def _draw_listed(one: Listed, runs: Sequence[RunRecord]) -> None:
    found = results(planned(one.record.definition), runs)
    st.button(
        time_text(one.record.created_at),
        key=f"sweep_open_{one.record.id}",
        type="tertiary",
        disabled=one.record.id == open_id(),
        on_click=open_sweep,
        args=(one.record.id,),
    )
    variants = "; ".join(variant_words(variant) for variant in one.sweep.variants)
    done = f"{found.counts['done']} of {counted(len(found.members), 'run')} done"
    then = "" if one.same else " · the design was another one then"
    st.markdown(f"**{escape_markdown(one.record.name)}** · {done} · {escape_markdown(variants)}{then}")


def _draw(record: SweepRecord, was_over: bool) -> None:
    with state.errors_shown():
        store = state.store()
        if not was_over:
            # also notices a worker that was killed, and starts what waits for its place
            queue.dispatch(store)
        found = results(planned(record.definition), store.runs())
        if found.is_over != was_over:
            st.rerun()  # the whole page, so that the polling stops, or begins again
        _draw_head(record, found)
        _draw_progress(found)
        sheet = sweep_sheet(found)
        draw_sheet(sheet, "sweep_table")
        draw_notes((*sheet.reasons(), HOW_IT_IS_TOLD))
        _draw_exits(record, found)


def _draw_head(record: SweepRecord, found: Results) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="sweep_head"):
        st.markdown(f"### {escape_markdown(record.name)}, trained :gray[sweep {record.id}]")
        st.space("stretch")
        if not found.is_over:
            st.button(
                "Cancel the rest",
                key="sweep_cancel",
                disabled=not _own_active(record, found),
                help="Ends those that this sweep has queued; what they have kept stays.",
                on_click=_cancel,
                args=(record,),
            )
        elif found.counts["missing"] or found.counts["stopped"]:
            st.button(
                "Go on",
                key="sweep_go_on",
                help="Resumes the runs that have stopped, and queues those that are not there any more.",
                on_click=_go_on,
                args=(record,),
            )
        st.button("Close", key="sweep_close", type="tertiary", on_click=open_sweep, args=("",))
    sweep = found.plan.sweep
    st.caption(
        f"Of {time_text(record.created_at)} · {escape_markdown(recipe_text(sweep.recipe))} · "
        f"{counted(len(sweep.seeds), 'seed')} of each, from {sweep.seeds[0]} on"
    )


def _draw_progress(found: Results) -> None:
    done, all_of_it = found.counts["done"], len(found.members)
    if not found.is_complete:
        others = [f"{found.counts[one]} {words}" for one, words in _STATES.items() if found.counts[one]]
        st.progress(done / all_of_it, text=f"{done} of {counted(all_of_it, 'run')} done, {', '.join(others)}")
    not_done = [one for one in found.members if one.run is not None and one.state != "done"]
    for one in sorted(not_done, key=lambda one: one.state == "waiting")[:_MOST_RUNS]:
        _draw_run(one, found)
    if len(not_done) > _MOST_RUNS:
        st.caption(f"And {len(not_done) - _MOST_RUNS} more.")


def _draw_run(one: Member, found: Results) -> None:
    assert one.run is not None
    run = one.run
    with st.container(horizontal=True, vertical_alignment="center", key=f"sweep_run_{run.id}"):
        title = f"{variant_words(found.plan.sweep.variants[one.index])}, seed {one.seed}"
        st.page_link(
            "pages/train.py",
            label=escape_markdown(title),
            help="Its curves and its log, on the Train page.",
            query_params=tab.link_parameters() | {"run": run.id},
        )
        st.badge(f"{run.stopping}…" if run.stopping else run.status, color=STATUS_COLORS[run.status])
        if run.ended:
            st.space("stretch")
            draw_actions(run, extend=False)
    if run.status == "failed":
        st.error(escape_markdown(run.error or "The reason is unknown; see the log on the Train page."))
        if run.failure is not None:
            st.caption(escape_markdown(WAY_OUT[run.failure]))


def _draw_exits(record: SweepRecord, found: Results) -> None:
    """Where it goes on from here: the curves, and the figures in a file."""
    ids = [one.run.id for one in found.members if one.run is not None]
    with st.container(horizontal=True, vertical_alignment="center", key="sweep_exits"):
        if ids:
            st.page_link(
                "pages/runs.py",
                label="Overlay their curves",
                help="On the Runs page, at most 24 of them, the first seeds of all variants first.",
                query_params=tab.link_parameters() | {"compare": ",".join(ids)},
            )
        for kind, mime, data in (
            ("CSV", "text/csv", found.to_csv),
            ("JSON", "application/json", lambda: json.dumps(found.to_data(), indent=2)),
        ):
            st.download_button(
                f"Export as {kind}",
                data=data,
                file_name=f"sweep-{record.id}.{kind.lower()}",
                mime=mime,
                key=f"sweep_export_{kind.lower()}",
                on_click="ignore",
                help="A line for each run." if kind == "CSV" else "Figures, verdicts and runs of all variants.",
            )


def _cancel(record: SweepRecord) -> None:
    with state.reported():
        store = state.store()
        for run in _own_active(record, results(planned(record.definition), store.runs())):
            queue.cancel(store, run.id)


def _own_active(record: SweepRecord, found: Results) -> list[RunRecord]:
    """The runs that wait or train and that the sweep has queued: others that it takes too are not its to end."""
    runs = [one.run for one in found.members if one.run is not None]
    return [run for run in runs if not run.ended and run.sweep == record.id]


def _go_on(record: SweepRecord) -> None:
    with state.reported():
        store, plan = state.store(), planned(record.definition)
        runs = [one.run for one in results(plan, store.runs()).members if one.run is not None]
        # what is queued anew is whose the others are
        person = next((run.person for run in runs if run.sweep == record.id), None)
        start(store, plan, person=person)
