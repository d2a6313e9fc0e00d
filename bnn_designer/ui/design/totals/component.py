"""The strip of totals in the browser: one element for all figures, so that an edit redraws as little as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

KEY = "totals"

_WEB = Path(__file__).parent / "web"
_mount = st.components.v2.component(
    "bnn_designer.totals",
    css=(_WEB / "totals.css").read_text(encoding="utf-8"),
    js=(_WEB / "totals.js").read_text(encoding="utf-8"),
)


def draw_strip(tiles: Sequence[Mapping[str, Any]], blame: str) -> None:
    """Draws the tiles, and below them what exceeds a budget; :func:`opened` says which tile was pressed."""
    _mount(key=KEY, data={"totals": list(tiles), "blame": blame}, on_opened_change=lambda: None)


def opened() -> str | None:
    """The name of the tile that was pressed to bring about this run of the page."""
    state = st.session_state.get(KEY)
    name = state.get("opened") if isinstance(state, Mapping) else None
    return name if isinstance(name, str) else None
