"""Widgets that show the document, whatever was typed into them before.

A widget that keeps its key keeps what was typed into it, on the server and in the browser. Writing the new value into
the session state under the same key is lost where two runs of the page follow each other so fast that the browser draws
only the second: it then shows, and later sends, an old value, which would be taken for an edit. So a widget whose value
is not the document's is replaced by another one, under a key that was never used.
"""

from __future__ import annotations

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
