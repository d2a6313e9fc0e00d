"""What is binarized: each tensor on its way to a sign, channel by channel; and the sums beside the thresholds."""

from __future__ import annotations

import streamlit as st

from bnn_designer.inspection.report import Found
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.inside.charts import stages_chart, sums_chart
from bnn_designer.ui.inside.figures import boundaries, channel_rows, stage_rows, stages_of
from bnn_designer.ui.inside.layer_choice import PLOT, chosen_layer
from bnn_designer.ui.shared.look import escape_markdown


def draw_signs(run: RunRecord, found: Found, beside: Found) -> None:
    """The way to the sign of one layer, and its channels; `beside`: of the run beside it, or the same."""
    inside = found.inside
    if not inside.signs:
        st.info("No layer of this network binarizes its input.")
        return
    for sign in inside.signs:
        if sign.dead_text:
            st.warning(escape_markdown(f"Before {sign.path}: {sign.dead_text} {sign.advice}"))
    if not any(sign.dead_text for sign in inside.signs):
        st.caption(f"No dead channels: each one is binarized to both signs somewhere in {inside.images:,} images.")
    name = chosen_layer([one.name for one in inside.signs], [one.name for one in beside.inside.signs], run.id)
    sign = next(one for one in inside.signs if one.name == name)
    if not sign.stages:
        st.info("This layer binarizes the image itself.")
        return
    st.markdown(f"**What the input of {escape_markdown(name)} goes through before its sign**")
    st.plotly_chart(stages_chart(stages_of(found, sign)), key=f"stages_{run.id}", config=PLOT)
    st.dataframe(stage_rows(found, sign), hide_index=True, key=f"stage_rows_{run.id}")
    st.caption(
        f"All pixels of {inside.images:,} test images. Means over the channels; a share of +1 near 0 or 100 % says "
        "little: the next layer sees almost a constant."
    )
    st.markdown("**Channel by channel**", help="Press the head of a column to sort by it.")
    st.dataframe(channel_rows(found, sign), hide_index=True, key=f"channels_{run.id}", height=320)


def draw_sums(run: RunRecord, found: Found, beside: Found) -> None:
    """The integer sums of one layer, filter by filter; `beside`: as for `draw_signs`."""
    inside = found.inside
    if not inside.sums:
        st.info("No layer of this network has both binary inputs and binary weights.")
        return
    name = chosen_layer([one.name for one in inside.sums], [one.name for one in beside.inside.sums], run.id)
    sums = next(one for one in inside.sums if one.name == name)
    counts = found.arrays[f"sums/{name}"]
    shown = f"the first {len(counts)} of {sums.filters:,} filters" if len(counts) < sums.filters else "all filters"
    st.markdown(f"**Sums of {sums.products:,} products of signs**, {shown}")
    st.plotly_chart(sums_chart(sums, counts, boundaries(found, sums)), key=f"sums_{run.id}", config=PLOT)
    if sums.why_none:
        st.caption(escape_markdown(sums.why_none))
    else:
        st.caption(
            "The stronger the color, the more often. In the packed network batch norm and sign are one comparison a "
            "filter: the bit changes at the mark. A mark beyond the sums is a filter that never changes its bit; a max "
            "pool behind the sums puts the marks above their middle, as it takes the largest of several."
        )
