"""The Runs page: the list, the curves of several runs over each other, and what can be done with one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape

import streamlit as st

from bnn_designer.runs import queue
from bnn_designer.runs.progress import duration_s
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.events import EpochEnd
from bnn_designer.ui.runs.packed_view import draw_packed, draw_packed_button, opened_run
from bnn_designer.ui.runs.run_table import differences, epochs_text, run_label
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.charts import Curve, compare_chart
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.ui.shared.run_actions import draw_menu
from bnn_designer.units import UNKNOWN, duration_text, percent_text, time_text

_SHOWN = 25
_COLUMNS = [0.5, 3.7, 1.6, 7.6, 1.6, 1.2]
_CELLS = ("engine", "epochs", "best validation", "created", "duration")
_MEANING = f"{UNKNOWN}: not known yet, or the run ended before it was."


def draw_runs(runs: Sequence[RunRecord]) -> None:
    """The list with a tick to compare, and the comparison."""
    chosen = _chosen(runs)
    opened = opened_run()
    more = st.session_state.get("all_runs", False)
    with st.container(key="runs", gap="xxsmall"):
        _draw_head()
        for run in runs if more or opened in {one.id for one in runs[_SHOWN:]} else runs[:_SHOWN]:
            _draw_row(run, run.id in chosen)
            if run.id == opened:
                draw_packed(run)
    if len(runs) > _SHOWN:
        st.toggle(f"Show all {len(runs)} runs", key="all_runs")
    st.caption(f"Tick runs to overlay their curves. {_MEANING}")
    _draw_comparison([run for run in runs if run.id in chosen])


def _draw_head() -> None:
    """The names of the columns; style.py hides them where a narrow page has no columns."""
    with st.container(key="runs_head"):
        head = st.columns(_COLUMNS, vertical_alignment="center")
    head[1].caption("Run")
    head[2].caption("Status")
    head[3].html(_cells(*_CELLS, head=True))
    head[4].caption("Packed", help="The latency of the packed network on the machine that measured it, one thread.")


def _chosen(runs: Sequence[RunRecord]) -> set[str]:
    """The ids ticked, as the URL has them, so that a reload keeps them; unknown ones are dropped."""
    known = {run.id for run in runs}
    return {run_id for run_id in st.query_params.get("compare", "").split(",") if run_id in known}


def _tick(run_id: str, on: bool) -> None:
    ids = [known for known in st.query_params.get("compare", "").split(",") if known and known != run_id]
    if on:
        ids.append(run_id)
    if ids:
        st.query_params["compare"] = ",".join(ids)
    else:
        st.query_params.pop("compare", None)


def _draw_row(run: RunRecord, ticked: bool) -> None:
    tick, name, status, figures, packed, menu = st.columns(_COLUMNS, vertical_alignment="center")
    key = controlled_key(f"compare_{run.id}", ticked)
    tick.checkbox(
        f"Compare {run.id}",
        value=ticked,
        key=key,
        label_visibility="collapsed",
        on_change=when_current(key, lambda on: _tick(run.id, on)),
    )
    name.page_link(
        "pages/train.py",
        label=f"**{escape_markdown(run.name)}** :gray[{run.id}]",
        help=f"Open the run of {escape_markdown(run.name)}.",
        query_params=tab.link_parameters() | {"run": run.id},
    )
    status.badge(run.status, color=STATUS_COLORS[run.status])
    figures.html(
        _cells(
            run.engine_used or UNKNOWN,
            epochs_text(run, len(_epochs(run))),
            percent_text(run.best_val_accuracy),
            time_text(run.created_at),
            duration_text(duration_s(run, datetime.now(timezone.utc))),
        )
    )
    with packed:
        draw_packed_button(run)
    with menu.popover("…", help="Actions for this run"):
        draw_menu(run)
        st.button("Open its design as a new draft", key=f"draft_{run.id}", on_click=_open_design, args=(run,))
        st.markdown("Delete the run, its curves and its weights?")
        st.button(
            "Delete",
            key=f"delete_{run.id}",
            disabled=run.held,
            help="Cancel it first." if run.held else None,
            on_click=_delete,
            args=(run.id,),
        )


def _cells(engine: str, epochs: str, best: str, created: str, duration: str, head: bool = False) -> str:
    texts = (engine, epochs, best, created, duration)
    # style.py puts a cell's name before it where a narrow page has no columns
    cells = "".join(f'<span data-name="{name}">{escape(text)}</span>' for name, text in zip(_CELLS, texts, strict=True))
    return f'<div class="bnn-cells{" bnn-head" if head else ""}">{cells}</div>'


def _epochs(run: RunRecord) -> tuple[EpochEnd, ...]:
    """The finished epochs; those of a run that has ended are read once a session."""
    kept: dict[str, tuple[EpochEnd, ...]] = st.session_state.setdefault("epochs", {})
    # one that was resumed or extended since ended another time
    attempt = f"{run.id} {run.finished_at}"
    if attempt not in kept:
        found = tuple(item.event for item in state.store().events(run.id) if isinstance(item.event, EpochEnd))
        if not run.ended:
            return found
        kept[attempt] = found
    return kept[attempt]


def _open_design(run: RunRecord) -> None:
    with state.reported():
        drafting.open_design(run.design)
        state.notify(f"The design of run {run.id} is a new draft: see the Design page.", "success")


def _delete(run_id: str) -> None:
    with state.reported():
        state.store().delete_run(run_id)
        if tab.current("run") == run_id:
            tab.set_current("run", None)
        state.notify(f"Run {run_id} is deleted.", "success")


def _draw_comparison(chosen: Sequence[RunRecord]) -> None:
    if not chosen:
        return
    curves = [Curve(run_label(run), _epochs(run)) for run in chosen]
    without = [curve.name for curve in curves if not curve.epochs]
    if without:
        st.caption(f"No finished epoch yet: {escape_markdown(', '.join(without))}.")
    accuracy, loss = st.columns(2)
    with accuracy:
        st.markdown("**Validation accuracy**")
        st.plotly_chart(compare_chart(curves, "accuracy"), key="compare_accuracy", config={"displaylogo": False})
    with loss:
        st.markdown("**Validation loss**")
        st.plotly_chart(compare_chart(curves, "loss"), key="compare_loss", config={"displaylogo": False})
    if len(chosen) > 1:
        st.markdown("**What differs**")
        table = differences(chosen)
        if table.empty:
            st.caption("Nothing: recipes and designs have the same settings.")
        else:
            st.dataframe(table, key="differences")


def draw_no_runs() -> None:
    """The page before the first run."""
    st.info("No runs yet. A run trains a design in its own process; its curves stay here.")
    st.page_link("pages/train.py", label="**Train a design**", query_params=tab.link_parameters())


def refresh_queue() -> None:
    """Notices dead workers and starts what waits, so that the list tells the truth."""
    queue.dispatch(state.store())
