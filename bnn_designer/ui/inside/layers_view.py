"""An image's answer layer by layer: what each group of the packed network leaves, and how the scores come about."""

from __future__ import annotations

import streamlit as st

from bnn_designer.inspection.report import Found
from bnn_designer.inspection.trying import TriedImage
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.inside.figures import score_rows
from bnn_designer.ui.inside.pictures import left_html
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted

_NUMBER = st.column_config.NumberColumn(format="%.3f")


def draw_layers(run: RunRecord, found: Found, there: TriedImage) -> None:
    """The tensors between the groups for the image that was tried, and what the softmax was given."""
    st.markdown("**Its answer, layer by layer**")
    if there.tried.why_no_left:
        st.caption(escape_markdown(there.tried.why_no_left))
        return
    st.caption(
        "What each group of the packed network leaves in memory for the next ones, from the engine that gave the "
        "answer. Each square is a channel. Bits: white is +1, black -1. Floats: blue above 0, orange below, white 0; "
        "the stronger, the larger."
    )
    st.html(left_html(there.tried.left, there.left))
    if there.tried.scores:
        _draw_scores(run, found, there)


def _draw_scores(run: RunRecord, found: Found, there: TriedImage) -> None:
    tried = there.tried
    st.markdown("**How the scores come about**")
    st.dataframe(
        score_rows(tried, found.inside.class_names),
        hide_index=True,
        key=f"scores_{run.id}",
        column_config=dict.fromkeys(("Begins with", "Speaks for it", "Against it", "Score"), _NUMBER)
        | {"Probability": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")},
    )
    softmax = "The softmax makes probabilities of the scores: each is e to its score, divided by the sum of them all."
    if tried.products:
        st.caption(
            f"A score is a sum of {counted(tried.products, 'product')} of an input of the last layer and a weight, and "
            "of what it begins with, whatever the image. The products above 0 speak for the class, those below against "
            f"it. {softmax}"
        )
    else:
        st.caption(f"{softmax} The layer before it is none of which a score is one sum of products.")
