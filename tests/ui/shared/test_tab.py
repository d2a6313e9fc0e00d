"""What a tab looks at: in its address, and in its session where another page has cleared the address."""

from __future__ import annotations

import streamlit as st

from bnn_designer.ui.shared.tab import current, link_parameters, set_current
from tests.ui.tab import Tab


def test_the_address_says_what_a_tab_looks_at_and_the_session_remembers_it() -> None:
    tab = Tab(draft="a", run="r")
    assert (tab(current, "draft"), tab(current, "run"), tab(current, "block")) == ("a", "r", None)
    tab.app.query_params.clear()  # as the menu of pages does
    assert tab(current, "draft") == "a"
    assert tab.app.query_params["draft"] == "a"  # and is there for a reload
    tab.app.query_params["draft"] = "b"  # a link was followed
    assert tab(current, "draft") == "b"


def test_looking_at_something_else_changes_the_address_and_the_links() -> None:
    tab = Tab(draft="old", run="r")

    def act() -> dict[str, str]:
        set_current("draft", "new")
        set_current("run", None)
        assert st.query_params.to_dict() == {"draft": "new"}
        return link_parameters()

    assert tab(act) == {"draft": "new"}
    assert tab(current, "run") is None
