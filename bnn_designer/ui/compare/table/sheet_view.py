"""Draws a table with the component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from bnn_designer.ui.compare.table.values import Picked, Sheet, sheet_data
from bnn_designer.ui.shared.scripts import script, style

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "bnn_designer.figure_table",
    css=style(_FOLDER, "table.css"),
    js=script(_FOLDER, "table.js"),
)


def draw_sheet(
    sheet: Sheet,
    key: str,
    *,
    chosen: Sequence[str] = (),
    sort: str = "",
    on_picked: Callable[[Picked], None] | None = None,
) -> None:
    """Draws a table.

    Args:
        sheet: what it shows.
        key: of the component.
        chosen: ids of the ticked rows.
        sort: how it is sorted, see :class:`Picked`.
        on_picked: called before the page is drawn anew with what a person has picked.
    """

    def picked() -> None:
        found = _picked(key)
        if found is not None and on_picked is not None:
            on_picked(found)

    seen = _picked(key)
    shown = Picked(seen.number if seen else 0, tuple(chosen), sort)
    _component(key=key, data=sheet_data(sheet, shown), default={"picked": None}, on_picked_change=picked)


def _picked(key: str) -> Picked | None:
    held: Any = st.session_state.get(key)
    return Picked.from_data(held.get("picked")) if held is not None and hasattr(held, "get") else None
