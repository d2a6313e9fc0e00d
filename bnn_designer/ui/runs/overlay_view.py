"""The chosen runs over each other: the chart with its controls, best and last, export, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, cast

import pandas as pd
import streamlit as st

from bnn_designer.runs import export
from bnn_designer.runs.about import about_runs
from bnn_designer.runs.curves import MEASURES
from bnn_designer.runs.database import RunDeleted
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.runs.differences import BlockChange, configurations
from bnn_designer.ui.runs.groups import By, Grouped, grouped_by_seeds
from bnn_designer.ui.runs.overlay import (
    BAND_TEXTS,
    BandKind,
    Epochs,
    Line,
    figures_of_groups,
    figures_of_runs,
    lines_of_groups,
    lines_of_runs,
)
from bnn_designer.ui.runs.overlay_chart import overlay_chart
from bnn_designer.ui.runs.overlay_table import Row, group_rows, run_rows, told_measures, under_headings
from bnn_designer.ui.runs.reading import epochs_of_runs
from bnn_designer.ui.runs.run_label import run_label
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_select, draw_switch
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.circumstances import circumstances_text
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted

#: An epoch takes longer than this on all but made-up data.
_POLL_S = 3.0
_MEASURES = {name: measure.label for name, measure in MEASURES.items()}
_BY: dict[str, str] = {"run": "Each run", "seeds": "Mean over seeds", "sweep": "Mean over seeds, sweep by sweep"}
_BANDS: dict[str, str] = {"range": "Least to most", "deviation": "± deviation"}


def draw_overlay(chosen: Sequence[RunRecord]) -> None:
    """All about the chosen runs, at least one, the newest first; drawn again every so often while one of them trains.

    The page is drawn anew as a whole when one of them ends, so that its list says so too.
    """
    is_active = any(not run.ended for run in chosen)
    st.fragment(_draw, run_every=_POLL_S if is_active else None)(chosen)


def _draw(chosen: Sequence[RunRecord]) -> None:
    with state.errors_shown():
        try:
            now = [run if run.ended else state.store().run(run.id) for run in chosen]
        except RunDeleted:
            st.rerun()  # the page says which, and offers to restore it
        if any(run.ended != before.ended for run, before in zip(now, chosen, strict=True)):
            st.rerun()
        _draw_overlay(now)


def _draw_overlay(chosen: Sequence[RunRecord]) -> None:
    drawn = choice("measure", "val_accuracy", _MEASURES)
    by = cast(By, choice("by", "run", _BY))
    band = cast(BandKind, choice("band", "range", _BANDS))
    st.markdown(f"#### {counted(len(chosen), 'run')} chosen")
    measure = MEASURES[drawn]
    with st.container(horizontal=True, vertical_alignment="bottom", key="overlay_controls"):
        text = "What the curves show. " + measure.help
        draw_select("Curve", "measure", drawn, _MEASURES, "val_accuracy", key="overlay_measure", width=240, help=text)
        draw_switch("What is drawn", "by", by, _BY, "run", key="overlay_by")
        if by != "run":
            draw_switch("Band", "band", band, _BANDS, "range", key="overlay_band")
    epochs = epochs_of_runs(chosen)
    if by == "run":
        lines = lines_of_runs(chosen, epochs, measure)
        rows = run_rows(figures_of_runs(chosen, epochs, told_measures(drawn)))
        _draw_chart(lines, drawn)
    else:
        lines, rows = _grouped(chosen, epochs, drawn, by, band)
    _draw_table(rows)
    _draw_export(chosen)
    _draw_configurations(chosen)


def _grouped(
    chosen: Sequence[RunRecord], epochs: Epochs, drawn: str, by: Literal["seeds", "sweep"], band: BandKind
) -> tuple[tuple[Line, ...], list[Row]]:
    found, measure = grouped_by_seeds(chosen, by), MEASURES[drawn]
    counted = [group for group in found.groups if group.counted]
    lines = lines_of_groups(counted, epochs, measure, band)
    _draw_chart(lines, drawn)
    _draw_groups(found, band)
    return lines, group_rows(figures_of_groups(counted, epochs, measure), measure)


def _draw_groups(found: Grouped, band: BandKind) -> None:
    """How many seeds each mean is over, what the band is, and which runs are in no mean."""
    for group in found.groups:
        said = f"{group.title}: mean of {group.seeds_text}" if group.counted else f"{group.title}: no run is done"
        left_out = f"; not counted: {group.left_out}" if group.left_out else ""
        st.caption(escape_markdown(f"{said}{left_out}."))
    if any(len(group.counted) > 1 for group in found.groups):
        st.caption(f"The band reaches {BAND_TEXTS[band]}.")
    if found.unreadable:
        names = ", ".join(run_label(run) for run in found.unreadable)
        st.caption(escape_markdown(f"In no mean, as design or recipe cannot be read: {names}."))


def _draw_chart(lines: Sequence[Line], drawn: str) -> None:
    measure = MEASURES[drawn]
    without = [line.name for line in lines if not line.epochs]
    if without:
        names = escape_markdown(", ".join(without))
        st.caption(f"No finished epoch yet, or {measure.label.lower()} was not measured: {names}.")
    if len(without) < len(lines):
        # another chart for another measure: a zoom of percents is none of a loss
        st.plotly_chart(overlay_chart(lines, measure), key=f"overlay_{drawn}", config={"displaylogo": False})


def _draw_table(rows: Sequence[Row]) -> None:
    if rows:
        st.markdown("**Best and last**")
        st.dataframe(under_headings(rows), hide_index=True, key="best_and_last", placeholder="—")


def _draw_export(chosen: Sequence[RunRecord]) -> None:
    ids = [run.id for run in chosen]
    with st.container(horizontal=True, key="export_runs"):
        for kind, title, mime in (("csv", "CSV", "text/csv"), ("json", "JSON", "application/json")):
            st.download_button(
                f"Export as {title}",
                # read only when it is wanted: all events of all runs
                data=partial(_exported, ids, kind),
                file_name=f"run-{ids[0]}.{kind}" if len(ids) == 1 else f"{len(ids)}-runs.{kind}",
                mime=mime,
                key=f"export_{kind}",
                on_click="ignore",
                help="A line for each epoch." if kind == "csv" else "All that was measured, with designs and recipes.",
            )


def _exported(run_ids: Sequence[str], kind: str) -> bytes:
    found = [(state.store().run(run_id), state.store().events(run_id)) for run_id in run_ids]
    text = export.several_as_csv(found) if kind == "csv" else export.several_as_json(found)
    return text.encode()


def _draw_configurations(chosen: Sequence[RunRecord]) -> None:
    found = configurations(chosen, about_runs(state.store(), chosen))
    if len(chosen) > 1:
        st.markdown("**What differs**")
        if found.differing:
            names = [run_label(run) for run in chosen]
            table = pd.DataFrame([one.texts for one in found.differing], columns=names)
            table.index = pd.Index([one.name for one in found.differing])
            st.dataframe(table, key="differences")
        else:
            st.caption("Nothing: networks, recipes and circumstances are the same.")
        _draw_blocks(chosen, found.blocks)
    alike = circumstances_text(found.alike)
    st.caption(f"{'What it is of' if len(chosen) == 1 else 'Alike in all'}: {alike}")


def _draw_blocks(chosen: Sequence[RunRecord], changes: Mapping[str, tuple[BlockChange, ...]]) -> None:
    for run in chosen:
        if run.id in changes:
            with st.expander(f"Blocks of {escape_markdown(run_label(run))} that are not as in the first run"):
                lines = (f"{one.path}: {one.what}{f', {one.fields}' if one.fields else ''}" for one in changes[run.id])
                st.markdown("\n".join(f"- {escape_markdown(line)}" for line in lines))
    if changes:
        designs = ",".join(f"run:{run.id}" for run in chosen[:6])
        st.page_link(
            "pages/compare.py",
            label="Their designs side by side, with costs",
            query_params=tab.link_parameters() | {"part": "side-by-side", "designs": designs},
        )
