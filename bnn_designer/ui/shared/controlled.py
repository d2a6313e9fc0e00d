"""Widgets that show the document, whatever was typed into them before.

A widget that keeps its key keeps what was typed into it, on the server and in the browser. Writing the new value into
the session state under the same key is lost where two runs of the page follow each other so fast that the browser draws
only the second: it then shows, and later sends, an old value, which would be taken for an edit. So a widget whose value
is not the document's is replaced by another one, under a key that was never used.

The browser sends the values of a replaced widget, too, until it has drawn the other one. To the server such a value is
new, as it has forgotten the widget, and so it calls the widget's callback: :func:`when_current` keeps that from undoing
what replaced the widget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

_MISSING = object()


def controlled_key(name: str, value: Any) -> str:
    """The key for a widget that is drawn with ``value`` as its default.

    It stays the same as long as the widget holds that value, as after an edit of its own, so that it keeps the focus.
    """
    number = st.session_state.get(f"{name}#", 0)
    if st.session_state.get(f"{name}#{number}", _MISSING) != value:
        number += 1
        st.session_state[f"{name}#"] = number
    return f"{name}#{number}"


def when_current(key: str, act: Callable[[Any], None]) -> Callable[[], None]:
    """A callback for the widget of that key: acts on its value, unless the widget was replaced meanwhile."""

    def changed() -> None:
        name, _, number = key.rpartition("#")
        if st.session_state.get(f"{name}#") == int(number):
            act(st.session_state[key])

    return changed
