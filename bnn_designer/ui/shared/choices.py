"""What a person has chosen on a page, in the address: a reload, a link or a second device shows the same.

The session remembers it as well, because changing the page by its menu clears the address.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

#: What joins several choices under one name.
_SEPARATOR = ","


def choice(name: str, default: str, allowed: Collection[str] | None = None) -> str:
    """One choice: that of the address, else the one this tab had last, else the default.

    Args:
        name: of the parameter in the address.
        allowed: other values are as none; None: any text is allowed.
    """
    held = st.query_params.get(name)
    value = str(st.session_state.get(_key(name), default) if held is None else held)
    if allowed is not None and value not in allowed:
        value = default
    choose(name, value, default)
    return value


def choose(name: str, value: str, default: str = "") -> None:
    """Sets a choice; the default leaves no trace in the address."""
    st.session_state[_key(name)] = value
    if value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def choices(name: str, default: Collection[str] = ()) -> tuple[str, ...]:
    """Several values under one name, each once; none of them has a comma."""
    return split(choice(name, _SEPARATOR.join(default)))


def choose_several(name: str, values: Collection[str], default: Collection[str] = ()) -> None:
    """Sets a choice of several values; where the default is some, an empty choice is kept as such."""
    choose(name, _SEPARATOR.join(values), _SEPARATOR.join(default))


def split(text: str) -> tuple[str, ...]:
    """The values in the text of the address."""
    return tuple(dict.fromkeys(part for part in text.split(_SEPARATOR) if part))


def _key(name: str) -> str:
    return f"choice.{name}"
