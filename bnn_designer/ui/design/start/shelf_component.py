"""The shelf of drafts in the browser: one element for all of them.

What is done with a draft comes back as one numbered action at a time: the browser keeps those that follow until the
last one is acknowledged, so that fast clicks lose none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from bnn_designer.ui.design.start.shelf import PAGE, Message
from bnn_designer.ui.shared.scripts import script, style

KEY = "shelf"

_WEB = Path(__file__).parent / "web"
_mount = st.components.v2.component(
    "bnn_designer.shelf", css=style(_WEB, "common.css", "shelf.css"), js=script(_WEB, "shelf.js")
)


def draw_shelf(
    listed: Mapping[str, Any],
    acknowledged: int,
    message: Message | None,
    on_action: Callable[[], None],
) -> None:
    """Draws it; the callback runs before the page is drawn anew, and reads :func:`action`."""
    said = None if message is None else {"text": message.text, "undo": message.undo, "wrong": message.wrong}
    data = {**listed, "acknowledged": acknowledged, "message": said}
    _mount(key=KEY, data=data, on_action_change=on_action, on_view_change=lambda: None)


def action() -> Mapping[str, Any] | None:
    """The last action that the browser sent, with its number; None: none yet."""
    value = _value("action")
    number = value.get("number")
    return value if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def view() -> tuple[str, int]:
    """What is searched for, and how many drafts are to be listed."""
    value = _value("view")
    search, limit = value.get("search"), value.get("limit")
    return search[:200] if isinstance(search, str) else "", limit if isinstance(limit, int) else PAGE


def _value(name: str) -> Mapping[str, Any]:
    state = st.session_state.get(KEY)
    value = state.get(name) if isinstance(state, Mapping) else None
    return value if isinstance(value, Mapping) else {}
