"""The Compare page's first half: variants of the draft, what each would cost, and a button that makes it so."""

from __future__ import annotations

from functools import partial
from itertools import groupby

import streamlit as st

from bnn_designer.compare import FIGURES, Outcome, figure_text
from bnn_designer.design import Design, apply_edit
from bnn_designer.errors import DesignError
from bnn_designer.ui.compare.compare_tables import (
    cells_html,
    difference_cells,
    exact_figure_text,
    variant_chart,
    variants,
)
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.look import escape_markdown

_COLUMNS = [3, 8, 1.2]
_STATES = {
    "same": "already the case",
    "inapplicable": "does not apply",
    "refused": "not a valid network",
}


def draw_what_if(design: Design) -> None:
    """The table of variants with differences, and a chart of one figure."""
    try:
        found = variants(design)
    except DesignError as error:
        st.error(f"Not computable: {escape_markdown(str(error))}", icon="⚠️")
        return
    st.caption(
        "Every row is this design with one thing changed, and what that changes in its costs. Hover over a figure for "
        "its new value. Nothing here says what a change does to accuracy: that takes a training run."
    )
    name, figures, _ = st.columns(_COLUMNS, vertical_alignment="center")
    name.markdown("**Variant**")
    figures.html(cells_html([(figure.title, figure.unit) for figure in FIGURES], head=True))
    name, figures, _ = st.columns(_COLUMNS, vertical_alignment="center")
    name.markdown(escape_markdown(f"{design.name}, as it is"))
    figures.html(
        cells_html(
            [
                (figure_text(figure, found.totals[figure.name]), exact_figure_text(figure, found.totals[figure.name]))
                for figure in FIGURES
            ]
        )
    )
    with st.container(key="variants", gap="xxsmall"):
        for group, outcomes in groupby(found.outcomes, key=lambda one: one.variant.group):
            st.caption(group.capitalize())
            for outcome in outcomes:
                _draw_outcome(outcome)
    figure = st.selectbox("Figure", FIGURES, index=3, format_func=lambda one: one.title, key="variant_figure")
    st.plotly_chart(variant_chart(found, figure), key="variant_chart", config={"displaylogo": False})


def _draw_outcome(outcome: Outcome) -> None:
    name, figures, action = st.columns(_COLUMNS, vertical_alignment="center")
    name.markdown(escape_markdown(outcome.variant.title))
    if outcome.state != "changed":
        reason = f": {outcome.reason}" if outcome.reason else ""
        figures.caption(escape_markdown(f"{_STATES[outcome.state]}{reason}"))
        return
    figures.html(cells_html(difference_cells(outcome)))
    action.button(
        "Apply",
        key=f"apply_{outcome.variant.name}",
        help=f"{len(outcome.edits)} edits to the draft, as one step that can be undone.",
        on_click=_apply,
        args=(outcome,),
    )


def _apply(outcome: Outcome) -> None:
    changed = drafting.change_draft(partial(_with_edits, outcome))
    if changed is not None:
        state.notify(f"{outcome.variant.group}: {outcome.variant.title}. Undo on the Design page.", "success")


def _with_edits(outcome: Outcome, design: Design) -> Design:
    for edit in outcome.edits:
        design = apply_edit(design, edit)
    return design
