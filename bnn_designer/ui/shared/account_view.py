"""The page before all others where the server asks for a sign-in, and the page of who has signed in."""

from __future__ import annotations

import streamlit as st

from bnn_designer.ui.shared import tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.sign_in import DEFAULT, Identity, SignInError, identity, is_required, providers

_MARK = "account"


def entered() -> bool:
    """Whether the pages may be drawn for this tab. Else the page is drawn here that says how to get in."""
    try:
        if not is_required():
            return True
        offered = providers()
    except SignInError as error:
        st.error(escape_markdown(str(error)), icon="⚠️")
        return False
    try:
        who = identity()
    except SignInError:
        _draw_sign_in(offered)
        return False
    assert who is not None
    _remember(who)
    return True


def _remember(who: Identity) -> None:
    """What this tab noted for another account is that one's."""
    if st.session_state.get(_MARK, who.account) != who.account:
        st.session_state.clear()
    st.session_state[_MARK] = who.account
    if not tab.notes().cookie:  # else a class knows this tab by a nickname
        tab.notes().person = who.person


def _draw_sign_in(offered: tuple[str, ...]) -> None:
    with st.container(key="sign_in"):
        st.header("BNN Designer", anchor=False)
        st.markdown("This server asks who you are. Your designs, runs, sweeps and searches are then yours alone.")
        with st.container(horizontal=True):
            for name in offered:
                provider = None if name == DEFAULT else name
                label = "Sign in" if provider is None else f"Sign in with {escape_markdown(name)}"
                st.button(label, key=f"sign_in_{name}", type="primary", on_click=st.login, args=(provider,))
        if st.query_params:
            st.caption("The address has a link in it. Open it again once you have signed in.")


def draw_account() -> None:
    """Who has signed in here, what is theirs, and the way out."""
    who = identity()
    if who is None:
        st.info("This server asks nobody who they are.")
        return
    st.subheader("Account", anchor=False)
    st.text(f"Signed in as {who.person}")  # in Markdown an address becomes a link
    st.markdown(
        "Yours alone, and not to be opened by an id in an address: drafts, runs with their curves and files, sweeps, "
        "searches.\n\n"
        "Everybody's: the lessons, the results that come with the program, the data sets, and a link that has a whole "
        "design in it, which opens as a draft of whoever opens it. Who runs this server can see all of it."
    )
    st.button("Sign out", key="sign_out", on_click=st.logout)
