"""Who is at a tab, where the server asks for a sign-in: an identity of OpenID Connect, by Streamlit's ``st.login``.

Off unless ``BNN_SIGN_IN=required`` is set where the server was started; then nothing of the store is shown or changed
for a tab in which nobody has signed in (``state.py`` asks here each time). docs/server.md says how to set it up.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.accounts import account_of
from bnn_designer.runs.people import MAX_NAME

VARIABLE = "BNN_SIGN_IN"

_REQUIRED = "required"
_OF_SERVER = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_WHERE = "in .streamlit/secrets.toml"
#: What Streamlit calls the provider whose keys stand in ``[auth]`` itself.
DEFAULT = "default"


class SignInError(BnnDesignerError):
    """Nobody has signed in, or nobody can: what is missing, and where it belongs."""


@dataclass(frozen=True)
class Identity:
    """Somebody who signed in.

    Attributes:
        account: whose runs and drafts are theirs, see :mod:`bnn_designer.runs.accounts`.
        person: the name with their runs, which nobody else can have: a proven e-mail address, or a name with the first
            digits of the account.
    """

    account: str
    person: str


def is_off() -> bool:
    """Whether this server's setting asks for no sign-in; False of one that nobody knows, too."""
    return not os.environ.get(VARIABLE, "").strip()


def is_required() -> bool:
    """Whether this server asks for a sign-in. Raises SignInError where its setting is none that there is."""
    text = os.environ.get(VARIABLE, "").strip()
    if text not in ("", _REQUIRED):
        raise SignInError(f"{VARIABLE}: {text!r} is not known. Set it to {_REQUIRED}, or unset it for no sign-in.")
    return text == _REQUIRED


def identity() -> Identity | None:
    """Who is at this tab; None: this server asks nobody.

    Raises:
        SignInError: it does, and nobody has signed in here.
    """
    if not is_required():
        return None
    found = claims()
    if not found.get("is_logged_in"):
        raise SignInError("Nobody has signed in here, or no longer. Reload the page to sign in.")
    issuer, subject = found.get("iss"), found.get("sub")
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        raise SignInError(
            "The sign-in names no issuer or no subject, so that it is nobody's in particular. The provider must follow "
            "OpenID Connect: see server_metadata_url."
        )
    account = account_of(issuer, subject)
    return Identity(account, _person(found, account))


def claims() -> Mapping[str, Any]:
    """What the provider says of who is at this tab; of the cookie that Streamlit has signed."""
    return st.user.to_dict()


def providers() -> tuple[str, ...]:
    """With whom one can sign in, by the names in the secrets.

    Raises:
        SignInError: something is missing for it on this server.
    """
    if names := lacking():
        mend = "On the server: pip install 'bnn-designer[sign-in]'"
        raise SignInError(f"{VARIABLE} is {_REQUIRED}, and {' and '.join(names)} cannot be imported. {mend}.")
    try:
        section = st.secrets.get("auth")
    except FileNotFoundError as error:  # Streamlit's own is one, also where the file cannot be read
        raise SignInError(f"{VARIABLE} is {_REQUIRED}, and there are no secrets: {error}") from None
    if not isinstance(section, Mapping):
        raise SignInError(f"{VARIABLE} is {_REQUIRED}, and there is no section [auth] {_WHERE}. See docs/server.md.")
    _check("[auth]", section, _OF_SERVER)
    named = {name: part for name, part in section.items() if isinstance(part, Mapping) and name != "client_kwargs"}
    for name, part in named.items():
        _check(f"[auth.{name}]", part, _OF_PROVIDER)
    if not named or "client_id" in section:
        _check("[auth]", section, _OF_PROVIDER)
        return (DEFAULT, *named)
    return tuple(named)


def lacking() -> tuple[str, ...]:
    """The libraries that a sign-in needs and that are not installed."""
    return tuple(name for name in ("authlib", "httpx") if importlib.util.find_spec(name) is None)


def _check(section: str, found: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if not found.get(key)]
    if missing:
        raise SignInError(f"{VARIABLE} is {_REQUIRED}, and {section} {_WHERE} lacks {', '.join(missing)}. Add it.")


def _person(found: Mapping[str, Any], account: str) -> str:
    """A proven address is one person's; any other name may be somebody else's too."""
    address = _printable(found.get("email"))
    if address and found.get("email_verified") is True and len(address) <= MAX_NAME:
        return address
    name = _printable(found.get("name")) or _printable(found.get("preferred_username")) or address or "account"
    ending = f" ({account[:8]})"
    return name[: MAX_NAME - len(ending)].rstrip() + ending


def _printable(text: object) -> str:
    if not isinstance(text, str):
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
