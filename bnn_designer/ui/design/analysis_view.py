"""The views below the canvas: what the network costs, and why. Only the one that is open is worked out."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnn_designer.cost import CostReport
from bnn_designer.cost.partial import Figures
from bnn_designer.design import Design
from bnn_designer.ui.design.advice_view import draw_advice
from bnn_designer.ui.design.bits_view import draw_bits
from bnn_designer.ui.design.block_titles import title_at
from bnn_designer.ui.design.cost_view import draw_layers
from bnn_designer.ui.design.deployment_view import draw_deployment
from bnn_designer.ui.design.devices_view import draw_devices
from bnn_designer.ui.design.memory_view import draw_memory
from bnn_designer.ui.design.picture_view import draw_picture
from bnn_designer.ui.design.training_memory_view import draw_training_memory
from bnn_designer.ui.shared.look import error_text, escape_markdown

ADVICE, MEMORY, LAYERS, BITS, PICTURE = "Advice", "Memory over time", "Layers", "In bits", "Picture"

#: The views that need the figures of a whole network.
_OF_REPORT: dict[str, Callable[[CostReport], None]] = {
    "Deployment": draw_deployment,
    "Devices": draw_devices,
    "Training memory": draw_training_memory,
}
VIEWS = (ADVICE, MEMORY, LAYERS, BITS, *_OF_REPORT, PICTURE)


def _unfinished(design: Design, known: Figures) -> str:
    """What to do so that a view of a whole network has something to show."""
    if not design.blocks:
        return "Add blocks, and finish the network to see this."
    if known.error is None:
        return "Finish the network to see this."
    where = f"{escape_markdown(title_at(design, known.error.path))}: " if known.error_block_id is not None else ""
    return f"Finish the network to see this. {where}{error_text(known.error)}"


def draw_views(design: Design, known: Figures, selected: str | None) -> None:
    """The switch between the views, and the one that is open."""
    view = st.segmented_control(
        "View", VIEWS, default=ADVICE, required=True, key="view", label_visibility="collapsed", bind="query-params"
    )
    if view == LAYERS:
        draw_layers(known, selected)
    elif view == PICTURE:
        draw_picture(design, known, selected)
    elif view in (None, ADVICE):
        draw_advice(design)
    elif known.report is None:
        st.caption(_unfinished(design, known))
    elif view == MEMORY:
        draw_memory(known.report, selected)
    elif view == BITS:
        draw_bits(known.report, design, selected)
    else:
        _OF_REPORT[view](known.report)
