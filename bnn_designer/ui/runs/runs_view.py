"""The Runs page: the filter, the list, and what can be done with one run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape

import streamlit as st

from bnn_designer.runs import queue
from bnn_designer.runs.progress import duration_s
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.runs.deleted_view import delete, draw_deleted, draw_missing
from bnn_designer.ui.runs.filter_view import draw_filter
from bnn_designer.ui.runs.labels_view import draw_labels, labelled_run, write_labels
from bnn_designer.ui.runs.overlay_view import draw_overlay
from bnn_designer.ui.runs.packed_view import draw_packed, draw_packed_button, opened_run
from bnn_designer.ui.runs.reading import epoch_counts_of
from bnn_designer.ui.runs.run_label import epochs_text, of_what_text
from bnn_designer.ui.runs.selection import (
    MOST_CHOSEN,
    choose_runs,
    chosen_runs,
    current_filter,
    page_number,
    tick,
    turn_to,
)
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import STATUS_COLORS, escape_markdown
from bnn_designer.ui.shared.run_actions import draw_menu
from bnn_designer.units import UNKNOWN, counted, duration_text, percent_text, time_text

_SHOWN = 25
_COLUMNS = [0.4, 5.2, 1.4, 6.6, 1.6, 1.0]
_CELLS = ("engine", "epochs", "best validation", "created", "duration")
_MEANING = f"{UNKNOWN}: not known yet, or the run ended before it was."


def draw_runs(runs: Sequence[RunRecord], deleted: Sequence[RunRecord]) -> None:
    """The filter, the list with a tick to choose, the chosen runs over each other, and what was deleted."""
    wanted, chosen = current_filter(), chosen_runs()
    draw_filter(runs, wanted)
    shown = wanted.of(runs)
    _draw_selection(runs, shown, chosen)
    if shown:
        _draw_list(runs, shown, set(chosen))
    else:
        st.info("No run matches the filter.")
    draw_missing(run.id for run in runs)
    if found := [run for run in runs if run.id in chosen]:
        draw_overlay(found)
    draw_deleted(deleted)


def _draw_selection(runs: Sequence[RunRecord], shown: Sequence[RunRecord], chosen: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="runs_selection"):
        st.caption(f"{len(shown):,} of {counted(len(runs), 'run')}. Tick runs to overlay their curves. {_MEANING}")
        if shown:
            most = [run.id for run in shown[:MOST_CHOSEN]]
            label = f"Choose all {len(shown)}" if len(shown) <= MOST_CHOSEN else f"Choose the newest {MOST_CHOSEN}"
            st.button(label, key="choose_shown", on_click=choose_runs, args=(most,))
        if chosen:
            st.button("Choose none", key="choose_none", on_click=choose_runs, args=((),))
            with st.popover(f"Delete {len(chosen)} chosen"):
                st.markdown("Delete the chosen runs? They can be restored for 30 days.")
                st.button("Delete", key="delete_chosen", on_click=delete, args=(chosen,))


def _draw_list(runs: Sequence[RunRecord], shown: Sequence[RunRecord], chosen: set[str]) -> None:
    opened, labelled = opened_run(), labelled_run()
    pages = -(-len(shown) // _SHOWN)
    first = (page_number(pages) - 1) * _SHOWN
    part = list(shown[first : first + _SHOWN])
    # a link to a packed network or a form shows its run wherever in the list it is
    part += [run for run in shown if run.id in (opened, labelled) and run not in part]
    counts = epoch_counts_of(part)
    with st.container(key="runs", gap="xxsmall"):
        _draw_head()
        for run in part:
            _draw_row(run, run.id in chosen, counts[run.id])
            if run.id == opened:
                draw_packed(run)
            if run.id == labelled:
                draw_labels(run, runs)
    if pages > 1:
        _draw_pages(first, len(shown), pages)


def _draw_pages(first: int, count: int, pages: int) -> None:
    page = first // _SHOWN + 1
    with st.container(horizontal=True, vertical_alignment="center", key="runs_pages"):
        st.button("Newer", key="newer", disabled=page == 1, on_click=turn_to, args=(page - 1,))
        st.caption(f"{first + 1:,} to {min(first + _SHOWN, count):,} of {count:,}")
        st.button("Older", key="older", disabled=page == pages, on_click=turn_to, args=(page + 1,))


def _draw_head() -> None:
    """The names of the columns; style.py hides them where a narrow page has no columns."""
    with st.container(key="runs_head"):
        head = st.columns(_COLUMNS, vertical_alignment="center")
    head[1].caption("Run")
    head[2].caption("Status")
    head[3].html(_cells(*_CELLS, head=True))
    head[4].caption("Packed", help="The latency of the packed network on the machine that measured it, one thread.")


def _draw_row(run: RunRecord, ticked: bool, epochs: int) -> None:
    box, name, status, figures, packed, menu = st.columns(_COLUMNS, vertical_alignment="center")
    key = controlled_key(f"compare_{run.id}", ticked)
    box.checkbox(
        f"Compare {run.id}",
        value=ticked,
        key=key,
        label_visibility="collapsed",
        on_change=when_current(key, lambda on: tick(run.id, on)),
    )
    with name, st.container(gap=None):
        st.page_link(
            "pages/train.py",
            label=f"**{escape_markdown(run.name)}** :gray[{run.id}]",
            help=f"Open the run of {escape_markdown(run.name)}.",
            query_params=tab.link_parameters() | {"run": run.id},
        )
        st.html(_second_line(run))
    status.badge(run.status, color=STATUS_COLORS[run.status])
    figures.html(
        _cells(
            run.engine_used or UNKNOWN,
            epochs_text(run, epochs),
            percent_text(run.best_val_accuracy),
            time_text(run.created_at),
            duration_text(duration_s(run, datetime.now(timezone.utc))),
        )
    )
    with packed:
        draw_packed_button(run)
    with menu.popover("…", help="Actions for this run"):
        draw_menu(run)
        if run.ended:
            st.page_link(
                "pages/inside.py",
                label="Look inside",
                help="Its kernels, what is binarized, dead channels, its mistakes.",
                query_params=tab.link_parameters() | {"run": run.id},
            )
            st.page_link(
                "pages/export.py",
                label="Export…",
                help="For other tools: a C program, ONNX, Keras, a page that classifies pictures and more.",
                query_params=tab.link_parameters() | {"run": run.id, "of": "run"},
            )
        st.button("Open its design as a new draft", key=f"draft_{run.id}", on_click=_open_design, args=(run,))
        st.button("Tags and note", key=f"labels_{run.id}", on_click=write_labels, args=(run.id,))
        st.button(
            "Delete",
            key=f"delete_{run.id}",
            disabled=run.held,
            help="Cancel it first." if run.held else "It can be restored for 30 days.",
            on_click=delete,
            args=((run.id,),),
        )


def _cells(engine: str, epochs: str, best: str, created: str, duration: str, head: bool = False) -> str:
    texts = (engine, epochs, best, created, duration)
    # style.py puts a cell's name before it where a narrow page has no columns
    cells = "".join(f'<span data-name="{name}">{escape(text)}</span>' for name, text in zip(_CELLS, texts, strict=True))
    return f'<div class="bnn-cells{" bnn-head" if head else ""}">{cells}</div>'


def _second_line(run: RunRecord) -> str:
    """What the result is of, its tags and the beginning of its note."""
    words = [of_what_text(run), *(f"#{tag}" for tag in run.tags), *run.note.splitlines()[:1]]
    text = escape(" · ".join(words))
    return f'<div class="bnn-of-what" title="{escape(" · ".join(words), quote=True)}">{text}</div>'


def _open_design(run: RunRecord) -> None:
    with state.reported():
        drafting.open_design(run.design)
        state.notify(f"The design of run {run.id} is a new draft: see the Design page.", "success")


def draw_no_runs() -> None:
    """The page before the first run."""
    st.info("No runs yet. A run trains a design in its own process; its curves stay here.")
    st.page_link("pages/train.py", label="**Train a design**", query_params=tab.link_parameters())


def refresh_queue() -> None:
    """Notices dead workers and starts what waits, so that the list tells the truth."""
    queue.dispatch(state.store())
