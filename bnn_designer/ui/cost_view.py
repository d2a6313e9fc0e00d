"""The cost per layer and the memory over the layers."""

from __future__ import annotations

import streamlit as st

from bnn_designer.ui.charts import memory_chart
from bnn_designer.ui.cost_table import COLUMNS, cost_table
from bnn_designer.ui.look import escape_markdown
from bnn_designer.ui.memory import moments
from bnn_designer.ui.partial import Figures
from bnn_designer.ui.units import bytes_text


def draw_costs(known: Figures) -> None:
    """Both, one above the other; what cannot be computed says why."""
    st.subheader("Memory while one image is run", anchor=False)
    _draw_memory(known)
    st.subheader("Cost of each layer", anchor=False)
    _draw_table(known)


def _draw_memory(known: Figures) -> None:
    if known.report is None:
        st.info(f"Not computable: {escape_markdown(str(known.error))}")
        return
    peak = known.report.runtime_memory.peak
    st.caption(
        f"Live tensors at each layer of the deployed network, batch norms folded, binary tensors in one bit: at most "
        f"{bytes_text(peak.live_bytes)} ({peak.live_bytes:,} bytes), at `{peak.layer}`. Weights are not in it."
    )
    st.plotly_chart(memory_chart(moments(known.report)), key="memory_chart", config={"displaylogo": False})


def _draw_table(known: Figures) -> None:
    if not known.layers:
        st.info(f"Not computable: {escape_markdown(str(known.error))}")
        return
    if known.error is not None:
        st.caption("The layers in front of the error; the rest is not computable.")
    config = {name: st.column_config.Column(title, help=text) for name, title, text in COLUMNS}
    for name in ("params_1", "params_32", "macs_1", "macs_32"):
        title, text = next((title, text) for key, title, text in COLUMNS if key == name)
        config[name] = st.column_config.NumberColumn(title, help=text, format="localized")
    title, text = next((title, text) for key, title, text in COLUMNS if key == "memory")
    config["memory"] = st.column_config.NumberColumn(title, help=text, format="%.2f")
    st.dataframe(
        cost_table(known.layers),
        hide_index=True,
        column_config=config,
        key="cost_table",
        height="content",
        placeholder="",
    )
