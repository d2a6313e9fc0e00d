"""The views below the picture: the blocks to edit, and what they cost. Only the one that is open is worked out."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnn_designer.cost import CostReport
from bnn_designer.cost.partial import Figures
from bnn_designer.design import Design
from bnn_designer.ui.design.advice_view import draw_advice
from bnn_designer.ui.design.cost_view import draw_layers
from bnn_designer.ui.design.deployment_view import draw_deployment
from bnn_designer.ui.design.devices_view import draw_devices
from bnn_designer.ui.design.inspector_view import draw_inspector
from bnn_designer.ui.design.memory_view import draw_memory
from bnn_designer.ui.design.outline import Row
from bnn_designer.ui.design.outline_view import draw_outline, draw_palette
from bnn_designer.ui.design.training_memory_view import draw_training_memory
from bnn_designer.ui.shared.look import escape_markdown

BLOCKS, ADVICE, LAYERS = "Blocks", "Advice", "Layers"

#: The views that need the figures of a whole network.
_OF_REPORT: dict[str, Callable[[CostReport], None]] = {
    "Memory over time": draw_memory,
    "Deployment": draw_deployment,
    "Devices": draw_devices,
    "Training memory": draw_training_memory,
}
VIEWS = (BLOCKS, ADVICE, LAYERS, *_OF_REPORT)


def draw_views(design: Design, rows: tuple[Row, ...], known: Figures, selected: str | None) -> None:
    """The switch between the views, and the one that is open."""
    view = st.segmented_control(
        "View", VIEWS, default=BLOCKS, required=True, key="view", label_visibility="collapsed", bind="query-params"
    )
    if view == ADVICE:
        draw_advice(design)
    elif view == LAYERS:
        draw_layers(known, selected)
    elif view in _OF_REPORT:
        if known.report is None:
            st.info(f"Not computable: {escape_markdown(str(known.error))}")
        else:
            _OF_REPORT[view](known.report)
    else:
        _draw_blocks(design, rows, known, selected)


def _draw_blocks(design: Design, rows: tuple[Row, ...], known: Figures, selected: str | None) -> None:
    palette, blocks, inspector = st.columns([2, 5.4, 3.2], gap="medium")
    with palette:
        draw_palette(design, selected)
    with blocks:
        draw_outline(design, rows, known, selected)
    with inspector:
        draw_inspector(design, known, selected)
