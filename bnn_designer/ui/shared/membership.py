"""Whether this tab is a member's of a class, by a cookie of the browser; then its runs are queued under the nickname.

Only a browser can set the cookie. What it is to keep is noted here, and the Learn page hands it over.
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.classes import Classes, Member, Members
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.asking import ask
from bnn_designer.ui.shared.tab import notes

#: The cookie's name, which ``ui/learn/web/progress.js`` has too.
COOKIE = "bnn_designer_member"


def classes() -> Classes:
    """The classes of this server's store."""
    return Classes(state.store().engine)


def members() -> Members:
    """Their members."""
    return Members(state.store().engine)


def recognize() -> None:
    """Looks for a member's cookie, once in a tab's life; to be called by every page, since any may queue runs."""
    mine = notes()
    if mine.cookie is not None:
        return
    cookie = st.context.cookies.get(COOKIE)
    if not isinstance(cookie, str) or not cookie:  # without a browser it is neither a text nor None
        mine.cookie = ""
        return
    with suppress(BnnDesignerError):  # the store cannot be read now: the next run of a page looks again
        found = members().by_cookie(cookie)
        mine.cookie = cookie
        mine.person = found.nickname if found is not None else mine.person


def member() -> Member | None:
    """The member that this tab is; None: it is nobody's in a class.

    A member that is no more, as their class was deleted, is told so, and the browser is to forget the cookie.

    Raises:
        StoreFault: the store cannot be read now.
    """
    mine = notes()
    if not mine.cookie:
        return None
    found = members().by_cookie(mine.cookie)
    if found is None:
        forget()
        state.notify("You are in no class any more: it was deleted, or you were taken out of it.", "warning")
    return found


def take_in(class_id: str) -> Member:
    """Makes this tab a member's of a class.

    Raises:
        ClassError: the class takes nobody in.
        RateReached: whoever is at this tab has joined too often.
    """
    ask("join")
    found, cookie = members().join(class_id)
    mine = notes()
    mine.cookie = mine.cookie_to_keep = cookie
    mine.person = found.nickname
    return found


def leave(member_id: str) -> None:
    """Takes a member out of their class, with all that it has of them."""
    members().leave(member_id)
    forget()


def forget() -> None:
    """Makes this tab nobody's in a class; what the class has of the member stays there."""
    mine = notes()
    mine.cookie = mine.cookie_to_keep = ""
    mine.person = None
