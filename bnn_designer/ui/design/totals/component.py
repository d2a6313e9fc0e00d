"""The strip of totals in the browser: one element for all figures, so that an edit redraws as little as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from bnn_designer.ui.shared.scripts import script, style

KEY = "totals"

_WEB = Path(__file__).parent / "web"
_mount = st.components.v2.component(
    "bnn_designer.totals",
    css=style(_WEB, "totals.css"),
    js=script(_WEB, "totals.js"),
)


def draw_strip(tiles: Sequence[Mapping[str, Any]], message: str, blame: str, budgeted: bool) -> None:
    """Draws the tiles, and above them one line; :func:`pressed` says what was pressed in what a tile opens.

    Args:
        tiles: one a figure, in their order.
        message: what is missing; "" where nothing is.
        blame: what exceeds a budget; "" where nothing does.
        budgeted: whether a budget is set: the line's place is kept then.
    """
    data = {"totals": list(tiles), "message": message, "blame": blame, "budgeted": budgeted}
    _mount(key=KEY, data=data, on_opened_change=lambda: None, on_blamed_change=lambda: None)


def pressed(event: Literal["opened", "blamed"]) -> str | None:
    """The name of the total whose button brought about this run of the page: its formula, or what is to blame."""
    state = st.session_state.get(KEY)
    name = state.get(event) if isinstance(state, Mapping) else None
    return name if isinstance(name, str) else None
