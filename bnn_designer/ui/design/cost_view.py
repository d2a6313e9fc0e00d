"""The cost of each layer, and the figures of one of them opened."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost.partial import Figures
from bnn_designer.ui.design.cost_table import COLUMNS, cost_table
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.formula_view import draw_formulas


def draw_layers(known: Figures, selected: str | None) -> None:
    """The table of layers, and below it the formulas of the layer that is chosen; at first of the selected block's."""
    if not known.layers:
        st.caption("Add a block: its layers appear here.")
        return
    if known.error is not None:
        st.caption("The layers before the error; the rest cannot be computed.")
    st.caption("By Larq's convention. The Deployment view shows the operators these layers become.")
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
        height="content" if len(known.layers) <= 20 else 560,
        placeholder="",
        on_select=lambda: state.select_row("cost_table", [layer.block_id for layer in known.layers]),
        selection_mode="single-row",
    )
    if known.report is not None:
        _draw_opened(known, selected)


def _draw_opened(known: Figures, selected: str | None) -> None:
    assert known.report is not None
    names = [layer.name for layer in known.layers]
    mine = [layer.name for layer in known.layers if layer.block_id == selected]
    name = st.selectbox(
        "Show the figures of a layer",
        names,
        index=names.index(mine[0]) if mine else None,
        key=f"open_layer.{selected}",
        placeholder="Choose a layer",
        help="Every figure with its formula and its numbers, by Larq's convention and as it is deployed.",
    )
    if name is None:
        return
    formulas = known.report.layer_formulas(name)
    if formulas:
        draw_formulas(formulas)
    else:
        st.caption("It has no weights and no multiply-accumulates, and is part of another operator when deployed.")
