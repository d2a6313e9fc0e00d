"""What training takes, for batches of several sizes, and which tensors it keeps."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bnn_designer.cost import CostReport
from bnn_designer.cost.training_memory import SOURCE, TrainingMemory
from bnn_designer.ui.shared.charts import dress
from bnn_designer.ui.shared.formula_view import formula_button
from bnn_designer.ui.shared.look import CURVE_COLORS
from bnn_designer.units import bytes_text

BATCH_SIZES = (1, 8, 16, 32, 64, 128, 256)
#: Each part, what it is called, and its pattern, which tells it apart without colors.
_PARTS = {
    "weight_bytes": ("latent weights", ""),
    "gradient_bytes": ("gradients", "/"),
    "optimizer_bytes": ("Adam's two moments", "x"),
    "statistics_bytes": ("moving means and variances", "."),
    "activation_bytes": ("kept for the backward pass", ""),
}


def draw_training_memory(report: CostReport) -> None:
    """A chart and a table by batch size, and the largest tensors that are kept."""
    memory = report.training_memory
    left, right = st.columns([1, 3], gap="large")
    with left:
        batch = st.number_input("Batch size", 1, 65536, memory.batch_size, key="training_batch")
    chosen = memory.at(int(batch))
    with right, st.container(key="metric_training", width="content"):
        st.metric("Training memory", bytes_text(chosen.total_bytes), help=f"{chosen.total_bytes:,} bytes.")
        formula_button("training_memory", lambda: tuple(chosen.formulas().values()), "the training memory")
    st.caption(f"{SOURCE}. The workspaces of individual operations and TensorFlow itself come on top.")
    sizes = sorted({*BATCH_SIZES, int(batch)})
    st.plotly_chart(batch_chart(memory, sizes), key="batch_chart", config={"displaylogo": False})
    table, kept = st.columns(2, gap="large")
    with table:
        st.markdown("**By batch size**, in bytes")
        frame = batch_table(memory, sizes)
        number = st.column_config.NumberColumn(format="localized")
        config = dict.fromkeys(frame.columns, number)
        st.dataframe(frame, hide_index=True, key="batch_table", column_config=config)
    with kept:
        st.markdown("**Largest tensors kept for the backward pass**, of one image")
        st.dataframe(
            kept_table(memory),
            hide_index=True,
            key="kept_table",
            column_config={"bytes": st.column_config.NumberColumn(format="localized")},
        )


def batch_table(memory: TrainingMemory, sizes: list[int]) -> pd.DataFrame:
    """One row a batch size, one column a part, and their sum."""
    rows = []
    for size in sizes:
        one = memory.at(size)
        parts = {title: getattr(one, name) for name, (title, _) in _PARTS.items()}
        rows.append({"batch size": size, "total": one.total_bytes} | parts)
    return pd.DataFrame(rows)


def kept_table(memory: TrainingMemory, most: int = 12) -> pd.DataFrame:
    """The largest tensors that the forward pass leaves, and which layers' gradients need them."""
    largest = sorted(memory.kept, key=lambda kept: -kept.bytes)[:most]
    rows = [{"tensor": one.name, "bytes": one.bytes, "needed by": ", ".join(one.needed_by)} for one in largest]
    return pd.DataFrame(rows, columns=["tensor", "bytes", "needed by"])


def batch_chart(memory: TrainingMemory, sizes: list[int]) -> go.Figure:
    """The parts, stacked, over the batch sizes."""
    figure = go.Figure()
    for (name, (title, pattern)), color in zip(_PARTS.items(), CURVE_COLORS, strict=False):
        values = [getattr(memory.at(size), name) for size in sizes]
        figure.add_bar(
            x=[str(size) for size in sizes],
            y=[value / 1024**2 for value in values],
            name=title,
            marker={"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "#FFFFFF"}},
            customdata=[[bytes_text(value), f"{value:,}"] for value in values],
            hovertemplate=f"%{{x}} images: {title}<br>%{{customdata[0]}} (%{{customdata[1]}} bytes)<extra></extra>",
        )
    dress(figure, "MiB", height=300)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title_text="batch size", type="category")
    return figure
