"""The gallery of presets in the browser: one element for all of them, searched and filtered there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from bnn_designer.ui.design.start.gallery import FILE_SIZES
from bnn_designer.ui.shared.look import PRECISION_COLORS
from bnn_designer.ui.shared.scripts import script, style
from bnn_designer.units import bytes_text

KEY = "gallery"

#: What the colors of the small pictures mean.
LEGEND = {
    "binary": "binary",
    "BWN": "binary weights, float inputs",
    "low-bit": "low-bit",
    "float": "float",
    "none": "pool",
}

_WEB = Path(__file__).parent / "web"
_mount = st.components.v2.component(
    "bnn_designer.gallery", css=style(_WEB, "common.css", "gallery.css"), js=script(_WEB, "gallery.js")
)


def draw_gallery(exhibits: Sequence[Mapping[str, Any]], groups: Sequence[str], on_opened: Callable[[], None]) -> None:
    """Draws it; the callback runs before the page is drawn anew, and reads :func:`opened`."""
    sizes = [{"bytes": size, "text": f"up to {bytes_text(size)}"} for size in FILE_SIZES]
    legend = [{"text": text, "color": PRECISION_COLORS[name]} for name, text in LEGEND.items()]
    data = {"exhibits": list(exhibits), "groups": list(groups), "sizes": sizes, "legend": legend}
    _mount(key=KEY, data=data, on_opened_change=on_opened)


def opened() -> tuple[str, bool] | None:
    """The preset that was pressed, and whether it is wanted for small images; None: none was."""
    state = st.session_state.get(KEY)
    value = state.get("opened") if isinstance(state, Mapping) else None
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        return value["name"], value.get("small") is True
    return None
