"""The pages, and how to get from one to another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnn_designer.ui.shared.account_view import draw_account
from bnn_designer.ui.shared.membership import recognize

_MARK = "navigation"


def navigation(*, signed_in: bool = False, hidden: bool = False) -> Any:
    """Sets up the menu on top and returns the page that the address names, to be run by ``app.py``.

    Args:
        signed_in: whether there is a page of who has signed in.
        hidden: whether the menu is.
    """
    st.session_state[_MARK] = True
    return st.navigation(
        [
            st.Page("pages/design.py", title="Design", default=True),
            st.Page("pages/compare.py", title="Compare"),
            st.Page("pages/train.py", title="Train"),
            st.Page("pages/runs.py", title="Runs"),
            st.Page("pages/export.py", title="Export"),
            st.Page("pages/learn.py", title="Learn"),
            # of one run: there is a way to it from the run, and none without
            st.Page("pages/inside.py", title="Look inside", visibility="hidden"),
            # a teacher's: there is a way to it from the Learn page
            st.Page("pages/classroom.py", title="Class", visibility="hidden"),
            *([st.Page(draw_account, title="Account", url_path="account")] if signed_in else ()),
        ],
        position="hidden" if hidden else "top",
    )


def enter_page() -> None:
    """To be called first by every page.

    Streamlit runs a file in ``pages/`` by itself, without ``app.py``, until the first call of ``st.navigation`` in the
    server's life: a link to a page, or a reload after the server was started again, would show the page without menu.
    The call is made up for, and the page run anew, this time by ``app.py``.
    """
    if _MARK not in st.session_state:
        navigation()
        st.rerun()
    recognize()
