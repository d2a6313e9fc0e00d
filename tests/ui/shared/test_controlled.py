from __future__ import annotations

from typing import Any

import streamlit as st

from bnn_designer.ui.shared.controlled import controlled_key, when_current
from tests.ui.tab import Tab


def _sent(key: str, value: Any, said: list[Any]) -> None:
    """What Streamlit does with a value of the browser's: it stands in the session, then the callback is called."""
    st.session_state[key] = value
    when_current(key, said.append)()


def test_a_widget_is_replaced_where_it_does_not_hold_the_value_of_the_document() -> None:
    tab, said = Tab(), []
    first = tab(controlled_key, "design.name", "mine")
    tab(_sent, first, "typed", said)
    assert said == ["typed"]
    assert tab(controlled_key, "design.name", "typed") == first  # an edit of its own: it keeps the focus
    assert tab(controlled_key, "design.name", "theirs") != first


def test_what_a_replaced_widget_sends_late_changes_nothing() -> None:
    tab, said = Tab(), []
    first = tab(controlled_key, "design.name", "mine")
    second = tab(controlled_key, "design.name", "theirs")
    tab(_sent, first, "mine", said)
    assert said == []
    tab(_sent, second, "typed", said)
    assert said == ["typed"]
