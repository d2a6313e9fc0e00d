"""Widgets whose value is a choice in the address (:mod:`bnn_designer.ui.shared.choices`).

Each shows what the address says, also where a link or the browser's back changed it, and a value that a replaced widget
sends late changes nothing (:mod:`bnn_designer.ui.shared.controlled`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, TypeVar, overload

import streamlit as st

from bnn_designer.ui.shared.choices import choice, choices, choose, choose_several
from bnn_designer.ui.shared.controlled import controlled_key, when_current

# What stands for the default of a field where that is another one for each design: no text that a person writes.
_AS_GIVEN = "\x00"

Number = TypeVar("Number", int, float)


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


def text_choice(
    label: str, name: str, default: str, *, key: str, width: int, help: str, placeholder: str | None = None
) -> str:
    """A field for a short text, and what it holds: what was written, "" included, else the default.

    Args:
        name: the parameter in the address.
        default: leaves no trace in the address, and may be another one for another design.
        key: of the widget.
    """
    held = choice(name, _AS_GIVEN)
    value = default if held == _AS_GIVEN else held
    widget = controlled_key(key, value)
    st.text_input(
        label,
        value=value,
        key=widget,
        width=width,
        help=help,
        placeholder=placeholder,
        on_change=when_current(widget, lambda new: choose(name, _AS_GIVEN if new == default else new, _AS_GIVEN)),
    )
    return value


@overload
def number_choice(
    label: str,
    name: str,
    default: Number,
    low: Number,
    high: Number,
    *,
    key: str,
    width: int,
    help: str,
    step: Number | None = None,
    placeholder: str | None = None,
) -> Number: ...


@overload
def number_choice(
    label: str,
    name: str,
    default: None,
    low: Number,
    high: Number,
    *,
    key: str,
    width: int,
    help: str,
    step: Number | None = None,
    placeholder: str | None = None,
) -> Number | None: ...


def number_choice(
    label: str,
    name: str,
    default: Number | None,
    low: Number,
    high: Number,
    *,
    key: str,
    width: int,
    help: str,
    step: Number | None = None,
    placeholder: str | None = None,
) -> Number | None:
    """A field for a number from ``low`` to ``high``, and what it holds; an address that says another has no effect.

    Args:
        name, key: as for :func:`text_choice`.
        default: as there; None: the field is empty, and may be.
        low: its type is that of the number.
    """
    found = _read(choice(name, _AS_GIVEN), low, high)
    value = default if found is None else found
    _choose_number(name, value, default)
    widget = controlled_key(key, value)
    st.number_input(
        label,
        low,
        high,
        value,
        step=step,
        key=widget,
        width=width,
        help=help,
        placeholder=placeholder,
        on_change=when_current(widget, lambda new: _choose_number(name, new, default)),
    )
    return value


def _choose_number(name: str, value: Number | None, default: Number | None) -> None:
    choose(name, _AS_GIVEN if value in (default, None) else f"{value}", _AS_GIVEN)


def _read(text: str, low: Number, high: Number) -> Number | None:
    try:
        number = type(low)(text)
    except ValueError:
        return None
    return number if low <= number <= high else None


def several_choice(
    label: str, name: str, options: Mapping[str, str], default: Collection[str], *, key: str
) -> tuple[str, ...]:
    """Options of which any number is chosen, and those that are; arguments as for :func:`draw_select`."""
    value = tuple(one for one in choices(name, default) if one in options)
    widget = controlled_key(key, value)

    def act(new: Collection[str]) -> None:
        choose_several(name, [one for one in options if one in new], default)

    st.pills(
        label,
        list(options),
        selection_mode="multi",
        default=list(value),
        format_func=lambda one: options[one],
        key=widget,
        on_change=when_current(widget, act),
    )
    return value
