"""Who asks a server for what costs it something, so that nobody asks too often (:mod:`bnn_designer.runs.rates`)."""

from __future__ import annotations

import hashlib

import streamlit as st

from bnn_designer.runs import rates
from bnn_designer.ui.shared.sign_in import identity
from bnn_designer.ui.shared.tab import notes

#: Streamlit's cookie against requests of other sites; a browser has one until it is closed.
_BROWSER = "_streamlit_xsrf"


def ask(action: str) -> None:
    """Lets this tab's person do one of :data:`~bnn_designer.runs.rates.ACTIONS`.

    Raises:
        RateReached: they have done it too often; how long to wait.
        SignInError: this server asks for a sign-in, and nobody has signed in here.
    """
    rates.ask(_who(), action)


def _who() -> str:
    """The account, where people sign in; else the browser, so that a reload is nobody else; else this tab.

    Who has no account and throws cookies away is somebody new: against that a proxy counts connections.
    """
    signed_in = identity()
    if signed_in is not None:
        return f"account {signed_in.account}"
    browser = token_of(st.context.cookies.get(_BROWSER))
    return f"browser {hashlib.sha256(browser).hexdigest()}" if browser else notes().editor


def token_of(cookie: object) -> bytes:
    """What stays the same in Streamlit's cookie, which is masked anew each time it is set; b"" where it is none.

    It is ``2|mask|masked|time``, two in hex digits: byte k of the token is byte k of the masked one XOR byte k modulo 4
    of the mask (Streamlit 1.65, web/server/starlette/starlette_app_utils.py, ``decode_xsrf_token_string``).
    """
    if not isinstance(cookie, str):
        return b""
    version, _, rest = cookie.strip("\"'").partition("|")
    mask_text, _, rest = rest.partition("|")
    masked_text, _, _ = rest.partition("|")
    try:
        mask, masked = bytes.fromhex(mask_text), bytes.fromhex(masked_text)
    except ValueError:
        return b""
    if version != "2" or len(mask) != 4:
        return b""
    return bytes(one ^ mask[index % 4] for index, one in enumerate(masked))
