"""Forms out of pydantic models. Each widget shows the document's value and sends one changed field back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

import streamlit as st
from pydantic import BaseModel

from bnn_designer.ui.fields import FieldSpec, form_fields

#: Called in a widget's callback with a field's name and its new value.
OnChange = Callable[[str, Any], None]

_DEFAULT_PAIR = (2, 2)

#: Widgets of which two fit side by side.
_NARROW = ("choice", "whole", "number")


def draw_form(model: type[BaseModel], values: Mapping[str, Any], key: str, on_change: OnChange) -> None:
    """Draws a form of all fields of a model.

    The widgets are controlled: whatever was typed, they show ``values`` again at the next run, so that an undo or a
    refused value is seen at once.

    Args:
        values: the present value of each field; nested models as mappings.
        key: makes the widgets' keys unique; a form of another document needs another one.
    """
    for _, group in groupby(form_fields(model), key=lambda spec: spec.widget in _NARROW):
        specs = list(group)
        for start in range(0, len(specs), 2 if specs[0].widget in _NARROW else 1):
            _draw_line(
                specs[start : start + 2] if specs[0].widget in _NARROW else specs[start : start + 1],
                values,
                key,
                on_change,
            )


def _draw_line(specs: list[FieldSpec], values: Mapping[str, Any], key: str, on_change: OnChange) -> None:
    """One field over the whole width, or two narrow ones side by side."""
    columns = st.columns(2, vertical_alignment="bottom") if specs[0].widget in _NARROW else [st.container()]
    for spec, column in zip(specs, columns, strict=False):
        with column:
            _DRAW[spec.widget](spec, values.get(spec.name), f"{key}.{spec.name}", on_change)


def _sync(key: str, value: Any) -> None:
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _choice(spec: FieldSpec, value: Any, key: str, on_change: OnChange) -> None:
    # A selectbox takes None for "nothing chosen yet": as an option it is the first index, so that "none" is a choice.
    choices = (None, *spec.choices) if spec.optional else spec.choices
    _sync(key, choices.index(value))
    st.selectbox(
        spec.label,
        range(len(choices)),
        format_func=lambda index: "none" if choices[index] is None else str(choices[index]).replace("_", " "),
        key=key,
        help=spec.help,
        on_change=lambda: on_change(spec.name, choices[st.session_state[key]]),
    )


def _number(spec: FieldSpec, value: Any, key: str, on_change: OnChange) -> None:
    _sync(key, value)
    whole = spec.widget == "whole"

    def changed() -> None:
        # an emptied field of a number that must be there keeps the number
        if st.session_state[key] is not None or spec.optional:
            on_change(spec.name, st.session_state[key])

    st.number_input(
        spec.label,
        min_value=_bound(spec.minimum, whole),
        max_value=_bound(spec.maximum, whole),
        value=None,
        step=1 if whole else None,
        format="%d" if whole else "%.6g",
        key=key,
        help=spec.help,
        placeholder="all" if spec.optional else None,
        on_change=changed,
    )


def _bound(bound: float | None, whole: bool) -> Any:
    return bound if bound is None else int(bound) if whole else float(bound)


def _pair(spec: FieldSpec, value: Any, key: str, on_change: OnChange) -> None:
    if spec.optional:
        _switch_for_none(spec, value, key, _DEFAULT_PAIR, on_change)
    if value is None:
        return
    keys = (f"{key}.0", f"{key}.1")

    def changed() -> None:
        pair = tuple(st.session_state[part] for part in keys)
        on_change(spec.name, tuple(old if new is None else new for old, new in zip(value, pair, strict=True)))

    columns = st.columns(2)
    for column, part, size, axis in zip(columns, keys, value, ("height", "width"), strict=True):
        _sync(part, size)
        column.number_input(
            f"{spec.label}, {axis}",
            min_value=_bound(spec.minimum, whole=True),
            max_value=_bound(spec.maximum, whole=True),
            step=1,
            key=part,
            help=spec.help,
            on_change=changed,
        )


def _switch(spec: FieldSpec, value: Any, key: str, on_change: OnChange) -> None:
    _sync(key, bool(value))
    st.toggle(spec.label, key=key, help=spec.help, on_change=lambda: on_change(spec.name, st.session_state[key]))


def _switch_for_none(spec: FieldSpec, value: Any, key: str, default: Any, on_change: OnChange) -> None:
    switch = f"{key}.on"
    _sync(switch, value is not None)
    st.toggle(
        spec.label,
        key=switch,
        help=spec.help,
        on_change=lambda: on_change(spec.name, default if st.session_state[switch] else None),
    )


def _text(spec: FieldSpec, value: Any, key: str, on_change: OnChange) -> None:
    _sync(key, value or "")
    st.text_input(spec.label, key=key, help=spec.help, on_change=lambda: on_change(spec.name, st.session_state[key]))


def _nested(spec: FieldSpec, value: Any, key: str, on_change: OnChange) -> None:
    assert spec.model is not None
    if spec.optional:
        _switch_for_none(spec, value, key, spec.model().model_dump(), on_change)
    if value is None:
        return
    with st.expander(f"{spec.label} settings"):
        draw_form(spec.model, value, key, lambda name, new: on_change(spec.name, {**value, name: new}))


_DRAW: dict[str, Callable[[FieldSpec, Any, str, OnChange], None]] = {
    "choice": _choice,
    "whole": _number,
    "number": _number,
    "pair": _pair,
    "switch": _switch,
    "text": _text,
    "nested": _nested,
}
