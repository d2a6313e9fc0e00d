"""One run while it trains: status, progress, curves, and what went wrong. The page only reads; the worker writes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timezone

import streamlit as st

from bnn_designer.measuring.waiting_time import line, place_text
from bnn_designer.runs import queue
from bnn_designer.runs.about import NOT_STARTED, about
from bnn_designer.runs.awaiting import NO_TEACHER
from bnn_designer.runs.database import StoreError
from bnn_designer.runs.progress import RunProgress, duration_s, last_lines, progress, thinned
from bnn_designer.runs.records import RunRecord, StoredEvent
from bnn_designer.training.events import GRADIENTS_TEXT, Started
from bnn_designer.training.failures import WAY_OUT
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.charts import epoch_chart, step_chart
from bnn_designer.ui.shared.circumstances import circumstances_text
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.ui.shared.run_actions import draw_actions
from bnn_designer.ui.train.measures_view import draw_measures
from bnn_designer.units import UNKNOWN, duration_text, percent_text

_POLL_S = 1.5
_PLOT = {"displaylogo": False, "displayModeBar": False}


def draw_run(run: RunRecord) -> None:
    """A run, drawn again every so often until it ends."""
    st.fragment(_draw, run_every=None if run.ended else _POLL_S)(run.id, run.ended)


def draw_no_run() -> None:
    """What the page shows before a run is chosen."""
    st.info("No run selected. Choose a design and press Start training, or open one of the runs.")
    st.page_link("pages/runs.py", label="All runs", query_params=tab.link_parameters())


def _draw(run_id: str, was_ended: bool) -> None:
    with state.errors_shown():
        store = state.store()
        if not was_ended:
            # also notices a worker that was killed, and starts what waits for its place
            queue.dispatch(store)
        run = store.run(run_id)
        if run.ended != was_ended or tab.current("run") != run_id:
            st.rerun()  # the whole page, so that the polling stops, or begins again, or another run is shown
        events = _events(run_id)
        done = progress(events)
        _draw_head(run)
        _draw_progress(run, done)
        _draw_failure(run)
        _draw_figures(run, done)
        _draw_of_what(run, events, done)
        _draw_curves(run, done)
        draw_measures(done)


def _events(run_id: str) -> list[StoredEvent]:
    """All events of the run; only those that this session has not seen are read."""
    seen: dict[str, list[StoredEvent]] = st.session_state.setdefault("events", {})
    events = seen.setdefault(run_id, [])
    events += state.store().events(run_id, after=events[-1].id if events else 0)
    return events


def _draw_head(run: RunRecord) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {escape_markdown(run.name)} :gray[run {run.id}]")
        st.badge(f"{run.stopping}…" if run.stopping else run.status, color=STATUS_COLORS[run.status])
        st.space("stretch")
        if run.ended and state.store().checkpoint_path(run.id).is_file():
            st.page_link(
                "pages/runs.py",
                label="Pack and measure",
                help="Pack the trained network into bits, download it and see what it takes on this machine.",
                query_params=tab.link_parameters() | {"packed": run.id},
            )
            st.page_link(
                "pages/inside.py",
                label="Look inside",
                help="The trained network: its kernels, what is binarized, dead channels, its worst mistakes.",
                query_params=tab.link_parameters() | {"run": run.id},
            )
            st.page_link(
                "pages/export.py",
                label="Export",
                help="For other tools: a C program, ONNX, Keras, a page that classifies pictures and more.",
                query_params=tab.link_parameters() | {"run": run.id, "of": "run"},
            )
        draw_actions(run)


def _draw_progress(run: RunRecord, done: RunProgress) -> None:
    if run.status == "queued":
        found = line(state.store())
        place = found.place(run.id)
        st.info("Queued." if place is None else place_text(place, found.waiting_count))  # None: it has just started
        if place is not None and place.after is not None:
            _draw_awaited(place.after)
    elif run.status in ("paused", "interrupted"):
        st.info(escape_markdown(f"{run.error or 'It was paused.'} Resume goes on from its last state."))
    elif run.held:
        epoch = min(len(done.epochs) + 1, run.recipe.epochs)
        eta = f", about {duration_text(done.eta_s)} to go" if done.eta_s is not None else ""
        waiting = done.notice or "Starting the worker."
        text = waiting if run.status == "preparing" else f"Epoch {epoch} of {run.recipe.epochs}{eta}"
        st.progress(done.share or 0.0, text=escape_markdown(text))


def _draw_awaited(run_id: str) -> None:
    """The run that this one waits for, or waited for: what it is, and a press to see it."""
    awaited = state.store().run(run_id, deleted=True)
    with st.container(horizontal=True, vertical_alignment="center", key="awaited_run"):
        # no link: one to the page that is open changes the run, and not the address
        st.button(f"Open run {run_id}", key=f"open_{run_id}", on_click=tab.set_current, args=("run", run_id))
        st.badge(awaited.status, color=STATUS_COLORS[awaited.status])
        if awaited.status in ("paused", "interrupted"):
            st.caption("This one goes on once that one is resumed and done.", width="content")


def _draw_failure(run: RunRecord) -> None:
    if run.status != "failed":
        return
    st.error(escape_markdown(run.error or "The reason is unknown; see the log."))
    if run.failure is not None:
        st.caption(escape_markdown(WAY_OUT[run.failure]))
    if run.failure == NO_TEACHER:  # it never had a worker
        with contextlib.suppress(StoreError):  # its teacher may be gone for good
            _draw_awaited(str(run.waits_for))
        return
    try:
        log = state.store().log_path(run.id).read_text(encoding="utf-8", errors="replace")
    except OSError:
        st.caption("The worker left no log.")
        return
    with st.expander("The end of the worker's log"):
        st.code(last_lines(log) or "(empty)", language=None)


def _draw_figures(run: RunRecord, done: RunProgress) -> None:
    with st.container(key="run_figures"):
        columns = st.columns(4)
    columns[0].metric("Best validation", percent_text(run.best_val_accuracy))
    columns[1].metric("Epochs done", f"{len(done.epochs)} of {run.recipe.epochs}")
    speed = done.images_per_second
    columns[2].metric("Images per second", UNKNOWN if speed is None else f"{speed:,.0f}")
    columns[3].metric("Time", duration_text(duration_s(run, datetime.now(timezone.utc))))


def _draw_of_what(run: RunRecord, events: Sequence[StoredEvent], done: RunProgress) -> None:
    """The circumstances of the result; of a run that has not started what its recipe says."""
    facts = about(run, (one.event for one in events))
    known = [(name, text) for name, text in facts.items() if text != NOT_STARTED]
    st.caption(f"What it is of: {circumstances_text(known)}")
    if done.started is not None:
        st.caption(
            f"{done.started.train_images:,} training and {done.started.validation_images:,} validation images · "
            f"{done.started.steps_per_epoch:,} steps per epoch"
        )
        _draw_layers(done.started)


def _draw_layers(started: Started) -> None:
    """What each layer runs on: where the time goes on this machine depends on it."""
    if not started.layers:
        return
    with st.expander(f"What the layers run on: {started.layers_text()}"):
        rows = [
            {
                "Layer": layer.name,
                "Forward": "XNOR" if layer.engine == "xnor" else "float",
                "Gradients": GRADIENTS_TEXT[layer.gradients],
                "Why": layer.reason,
            }
            for layer in started.layers
        ]
        st.dataframe(rows, hide_index=True)


def _draw_curves(run: RunRecord, done: RunProgress) -> None:
    if not done.windows:
        if run.ended:
            st.caption("The run ended before its first step, so there is no curve.")
        return
    if done.epochs:
        accuracy, loss = st.columns(2)
        accuracy.markdown("**Accuracy per epoch**")
        accuracy.plotly_chart(epoch_chart(done.epochs, "accuracy"), key="epoch_accuracy", config=_PLOT)
        loss.markdown("**Loss per epoch**")
        loss.plotly_chart(epoch_chart(done.epochs, "loss"), key="epoch_loss", config=_PLOT)
    st.markdown("**Training, step by step**")
    st.plotly_chart(step_chart(thinned(done.windows)), key="steps", config=_PLOT)
