"""Results that come with the program: what the field says, and the curves of the runs that tried it here."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bnn_designer.results.catalogue import CATALOGUE, Entry, kept_result
from bnn_designer.results.kept import KeptResult
from bnn_designer.results.words import accuracy_headings, circumstances, state_text, time_rows, variant_rows
from bnn_designer.runs.curves import MEASURES, points
from bnn_designer.ui.runs.overlay import line_of
from bnn_designer.ui.runs.overlay_chart import overlay_chart
from bnn_designer.ui.runs.time_chart import time_chart
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.charts import ink_of
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted

_NONE = "none"
_MEASURE = MEASURES["val_accuracy"]
#: Signs beside the words: not by color alone, and not by a sign alone either.
_SIGNS = {"reproduced": "✓", "not reproduced": "✗", "open": "…"}


def draw_results(*, opened: bool) -> None:
    """The list of results and the one that is chosen.

    Args:
        opened: whether the first is shown where none was chosen, as on a page that has nothing else yet.
    """
    there = {name: entry for name, entry in CATALOGUE.items() if entry.file.exists()}
    if not there:
        return
    default = next(iter(there)) if opened else _NONE
    options = {_NONE: "None"} | {name: entry.title for name, entry in there.items()}
    chosen = choice("result", default, options)
    with st.container(key="results"):
        st.markdown("#### Results that come with the program")
        st.caption("What the field says, trained with this program: every curve with the command that makes it again.")
        draw_select("Result", "result", chosen, options, default, key="result", width=640, help="Choose one to see it.")
        if chosen != _NONE:
            with state.errors_shown():
                kept = kept_result(there[chosen])
                if kept is not None:
                    _draw(there[chosen], kept)


def _draw(entry: Entry, kept: KeptResult) -> None:
    st.markdown(f"**{escape_markdown(entry.says)}** {escape_markdown(entry.source)}.")
    chart, words = st.columns([3, 2], gap="large")
    with chart:
        _draw_chart(entry, kept)
    with words:
        for claim in entry.claims:
            outcome = claim(kept)
            st.markdown(f"{_SIGNS[outcome.word]} **{outcome.word.capitalize()}**: {escape_markdown(outcome.text)}")
        st.caption(escape_markdown(entry.note))
    st.dataframe(
        pd.DataFrame(
            [(row.title, row.accuracy, row.spread, row.runs, row.verdict) for row in variant_rows(kept)],
            columns=["Variant", "Accuracy", "Spread", "Runs", "Against the first"],
        ),
        hide_index=True,
    )
    if entry.accuracies:
        st.markdown("**Training time**", help="Until the slowest of its runs had reached it, validations included.")
        rows = [(row.title, *row.times) for row in time_rows(entry, kept)]
        st.dataframe(pd.DataFrame(rows, columns=["Variant", *accuracy_headings(entry)]), hide_index=True)
    facts = ". ".join(f"{name.capitalize()}: {escape_markdown(text)}" for name, text in circumstances(kept))
    st.caption(f"{state_text(entry, kept)}. {counted(len(kept.runs), 'run')}. {facts}.")
    st.code(kept.command, language=None, wrap_lines=True)
    st.button("Open its design as a new draft", key="result_draft", on_click=_open, args=(kept,))


def _draw_chart(entry: Entry, kept: KeptResult) -> None:
    """Accuracy over the epochs, or over time where the result is about that."""
    if entry.accuracies:
        st.plotly_chart(time_chart(kept, entry.accuracies, ink_of(st.context.theme.type)), key=f"result_{entry.name}")
        st.caption("A point an epoch; the time of steps, validation and measuring.")
        return
    lines = [
        line_of(title, [points(run.epochs, _MEASURE) for run in kept.of_variant(variant)])
        for variant, title in enumerate(kept.variants)
    ]
    st.plotly_chart(overlay_chart([line for line in lines if line.epochs], _MEASURE), key=f"result_{entry.name}")
    st.caption("The mean over seeds; a band reaches from the least to the most.")


def _open(kept: KeptResult) -> None:
    with state.reported():
        design = kept.sweep.design
        drafting.open_design(design)
        state.notify(f"{design.name} is a new draft: see the Design page.", "success")
