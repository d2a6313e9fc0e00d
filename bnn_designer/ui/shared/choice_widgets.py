"""Widgets whose value is a choice in the address (:mod:`bnn_designer.ui.shared.choices`).

Each shows what the address says, also where a link or the browser's back changed it, and a value that a replaced widget
sends late changes nothing (:mod:`bnn_designer.ui.shared.controlled`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from bnn_designer.ui.shared.choices import choose
from bnn_designer.ui.shared.controlled import controlled_key, when_current


def draw_select(
    label: str,
    name: str,
    value: str,
    options: Mapping[str, str],
    default: str,
    *,
    key: str,
    width: int | Literal["stretch"],
    help: str,
) -> None:
    """A list of which one is chosen.

    Args:
        name: the parameter in the address.
        value: what is chosen now.
        options: texts by their values.
        default: leaves no trace in the address.
        key: of the widget.
    """
    widget = controlled_key(key, value)
    st.selectbox(
        label,
        list(options),
        index=list(options).index(value),
        format_func=lambda one: options[one],
        key=widget,
        width=width,
        help=help,
        on_change=when_current(widget, lambda new: choose(name, new, default)),
    )


def draw_switch(label: str, name: str, value: str, options: Mapping[str, str], default: str, *, key: str) -> None:
    """Options side by side of which one is chosen. Arguments as for :func:`draw_select`; the label is not seen."""
    widget = controlled_key(key, value)
    st.segmented_control(
        label,
        list(options),
        default=value,
        required=True,
        format_func=lambda one: options[one],
        key=widget,
        label_visibility="collapsed",
        on_change=when_current(widget, lambda new: choose(name, new, default)),
    )
