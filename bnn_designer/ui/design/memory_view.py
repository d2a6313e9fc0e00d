"""The memory while one image is run: charts over the operators, who holds the peak, and what shortcuts add."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from bnn_designer.cost import CostReport, NotDeployable
from bnn_designer.picture.memory import all_shortcuts, each_shortcut, held_tensors
from bnn_designer.ui.design.memory_charts import arena_chart, live_chart
from bnn_designer.ui.shared import state
from bnn_designer.units import bytes_text, counted, shape_text


def draw_memory(report: CostReport, selected: str | None) -> None:
    """All of it; where the design cannot be deployed, with a word on what is assumed."""
    timeline = report.timeline
    gaps = f"{bytes_text(timeline.wasted_bytes)} of it in gaps" if timeline.wasted_bytes else "without gaps"
    if isinstance(report.deployed, NotDeployable):
        st.warning(
            "Larq Compute Engine cannot run this design. The charts count the layers in question as float.", icon="⚠️"
        )
    st.caption(
        f"At most {bytes_text(timeline.peak.live_bytes)} ({timeline.peak.live_bytes:,} bytes) are alive at once, at "
        f"`{timeline.peak.name}`; the arena takes {bytes_text(timeline.arena_bytes)}, {gaps}. Weights are not in it. "
        f'"Kept for later" is memory that the running operator neither reads nor writes.'
    )
    config = {"displaylogo": False}
    st.caption("Press a bar to select the block that made the tensor; the selected block's tensors have a thick edge.")
    for title, key, chart in (
        ("Alive at each operator", "memory_chart", live_chart(held_tensors(report), selected)),
        ("Where it lies in the arena", "arena_chart", arena_chart(timeline, selected)),
    ):
        st.markdown(f"**{title}**")
        on_select = partial(_select, key)
        st.plotly_chart(chart, key=key, config=config, on_select=on_select, selection_mode="points")
    left, right = st.columns(2, gap="large")
    with left:
        _draw_peak(report)
    with right:
        _draw_shortcuts(report)


def _select(key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    path = points[0]["customdata"][2] if points else ""
    if path:
        state.select((path.rpartition("/")[2],))


def _draw_peak(report: CostReport) -> None:
    peak = report.timeline.peak
    st.markdown(f"**What makes up the peak, at `{peak.name}`**")
    rows = [
        {
            "tensor": span.name,
            "block": span.path or "the image",
            "shape": shape_text(span.shape),
            "bits": span.bits,
            "bytes": span.size_bytes,
            "share": span.size_bytes / peak.live_bytes,
        }
        for span in peak.by_size
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="peak_table",
        column_config={
            "bytes": st.column_config.NumberColumn(format="localized"),
            "share": st.column_config.NumberColumn(format="percent"),
        },
    )


def _draw_shortcuts(report: CostReport) -> None:
    st.markdown("**What shortcuts add**")
    each = each_shortcut(report)
    if not each:
        st.caption("No shortcut ends in an addition that could be left out; concatenated channels are needed.")
        return
    together = all_shortcuts(report)
    st.caption(
        f"Without them the same layers need {bytes_text(together.live_bytes_without)} at the peak and an arena of "
        f"{bytes_text(together.arena_bytes_without)}: the shortcuts add **{_more(together.added_bytes)}** to the peak, "
        f"**{_more(together.arena_bytes - together.arena_bytes_without)}** to the arena. "
        f"Of {counted(len(each), 'shortcut')}, those that add something by themselves:"
    )
    rows = [
        {
            "shortcut": one.path,
            "peak, more": one.added_bytes,
            "arena, more": one.arena_bytes - one.arena_bytes_without,
            "arena without": one.arena_bytes_without,
        }
        for one in each
        if one.added_bytes or one.arena_bytes != one.arena_bytes_without
    ]
    if not rows:
        st.caption("None does: without any single one, the peak is just as high at another operator.")
        return
    whole = st.column_config.NumberColumn(format="localized", help="Bytes.")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="shortcut_table",
        column_config=dict.fromkeys(("peak, more", "arena, more", "arena without"), whole),
    )


def _more(size_bytes: int) -> str:
    """A difference; the arena may even shrink, as the planner's gaps fall either way."""
    sign = "\N{MINUS SIGN}" if size_bytes < 0 else ""
    return f"{sign}{bytes_text(abs(size_bytes))}" if size_bytes else "nothing"
