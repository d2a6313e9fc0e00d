"""Forms out of pydantic models. Each widget shows the document's value and sends one changed field back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st
from pydantic import BaseModel

from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.fields import NAME, FieldSpec, form_fields, parameters

#: Called in a widget's callback with a field's name, in front of it those of the models around it, and its new value.
OnChange = Callable[[tuple[str, ...], Any], None]

_DEFAULT_PAIR = (2, 2)

#: Widgets of which two fit side by side.
_NARROW = ("choice", "whole", "number", "width", "switch")


def draw_form(model: type[BaseModel], values: Mapping[str, Any], key: str, on_change: OnChange) -> None:
    """Draws a form of all fields of a model; see :func:`draw_fields`."""
    draw_fields(form_fields(model), values, key, on_change)


def draw_fields(
    fields: Sequence[FieldSpec],
    values: Mapping[str, Any],
    key: str,
    on_change: OnChange,
    below: Callable[[FieldSpec], None] | None = None,
) -> None:
    """Draws a form of some fields.

    The widgets show ``values`` at every run of the page, so that an undo or a refused value is seen at once.

    Args:
        fields: in their order.
        values: the present value of each field; nested models as mappings.
        key: makes the widgets' keys unique; a form of another document needs another one.
        on_change: called with what was changed.
        below: draws what stands below a field.
    """
    for narrow, group in groupby(fields, key=lambda spec: spec.widget in _NARROW):
        specs = list(group)
        width = 2 if narrow else 1
        for start in range(0, len(specs), width):
            line = specs[start : start + width]
            for spec, column in zip(line, st.columns(len(line), vertical_alignment="bottom"), strict=True):
                with column:
                    _DRAW[spec.widget](spec, values.get(spec.name), f"{key}.{spec.name}", on_change)
                    if below is not None:
                        below(spec)


def _choice(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    # A selectbox takes None for "nothing chosen yet": as an option it is the first index, so that "none" is a choice.
    choices = (None, *spec.choices) if spec.optional else spec.choices
    index = choices.index(value)
    key = controlled_key(name, index)
    st.selectbox(
        spec.label,
        range(len(choices)),
        index=index,
        format_func=lambda index: "none" if choices[index] is None else str(choices[index]).replace("_", " "),
        key=key,
        help=help_text(spec),
        on_change=when_current(key, lambda index: on_change((spec.name,), choices[index])),
    )


def _number(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    whole = spec.widget == "whole"
    key = controlled_key(name, value)
    st.number_input(
        spec.label,
        min_value=_bound(spec.minimum, whole),
        max_value=_bound(spec.maximum, whole),
        value=value,
        step=1 if whole else 0.001,
        format="%d" if whole else "%.6g",
        key=key,
        help=help_text(spec),
        placeholder="all" if spec.optional else None,
        on_change=when_current(key, lambda new: on_change((spec.name,), new)),
    )


def _bound(bound: float | None, whole: bool) -> Any:
    return bound if bound is None else int(bound) if whole else float(bound)


def _pair(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    if spec.optional:
        _switch_for_none(spec, value, name, _DEFAULT_PAIR, on_change)
    if value is None:
        return
    for axis, column in enumerate(st.columns(2)):
        with column:
            _axis(spec, value[axis], axis, f"{name}.{axis}", on_change)


def _width(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    """The width of a pair of height 1, as a time series has it; what is empty stays empty until a number is typed."""
    key = controlled_key(name, value and value[1])
    st.number_input(
        spec.label,
        min_value=_bound(spec.minimum, whole=True),
        max_value=_bound(spec.maximum, whole=True),
        value=value and value[1],
        step=1,
        key=key,
        help=help_text(spec),
        on_change=when_current(key, lambda new: on_change((spec.name,), new and (1, new))),
    )


def _axis(spec: FieldSpec, value: int, axis: int, name: str, on_change: OnChange) -> None:
    key = controlled_key(name, value)
    st.number_input(
        f"{spec.label}, {('height', 'width')[axis]}",
        min_value=_bound(spec.minimum, whole=True),
        max_value=_bound(spec.maximum, whole=True),
        value=value,
        step=1,
        key=key,
        help=help_text(spec),
        on_change=when_current(key, lambda new: on_change((spec.name, str(axis)), new)),
    )


def _switch(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    key = controlled_key(name, bool(value))
    st.toggle(
        spec.label,
        value=bool(value),
        key=key,
        help=help_text(spec),
        on_change=when_current(key, lambda new: on_change((spec.name,), new)),
    )


def _switch_for_none(spec: FieldSpec, value: Any, name: str, default: Any, on_change: OnChange) -> None:
    key = controlled_key(f"{name}.on", value is not None)
    st.toggle(
        spec.label,
        value=value is not None,
        key=key,
        help=help_text(spec),
        on_change=when_current(key, lambda on: on_change((spec.name,), default if on else None)),
    )


def _text(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    key = controlled_key(name, value or "")
    st.text_input(
        spec.label,
        value=value or "",
        key=key,
        help=help_text(spec),
        on_change=when_current(key, lambda new: on_change((spec.name,), new)),
    )


def _numbers(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    """Numbers in one line, with commas between them; what is no number is left to the model to refuse."""
    shown = ", ".join(f"{number:g}" for number in value)
    key = controlled_key(name, shown)
    st.text_input(
        spec.label,
        value=shown,
        key=key,
        help=help_text(spec),
        on_change=when_current(
            key, lambda new: on_change((spec.name,), tuple(part.strip() for part in new.split(",") if part.strip()))
        ),
    )


def _nested(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    assert spec.model is not None
    if spec.optional:
        _switch_for_none(spec, value, name, spec.model().model_dump(), on_change)
    if value is None:
        return
    with st.expander(f"{spec.label} settings"):
        draw_form(spec.model, value, name, lambda names, new: on_change((spec.name, *names), new))


def _named(spec: FieldSpec, value: Any, name: str, on_change: OnChange) -> None:
    """Which one it is, and beside it the parameters that it has. Another one starts with its default parameters."""
    assert spec.model is not None
    chosen = None if value is None else value[NAME]
    inner = parameters(spec.model, chosen) if chosen is not None else ()
    columns = st.columns([2, *(1 for _ in inner)], vertical_alignment="bottom")
    with columns[0]:
        names = FieldSpec(spec.name, spec.label, spec.help, "choice", spec.optional, choices=spec.choices)
        _choice(names, chosen, name, lambda path, new: on_change(path, new if new is None else {NAME: new}))
    for column, parameter in zip(columns[1:], inner, strict=True):
        with column:
            _DRAW[parameter.widget](
                parameter,
                value[parameter.name],
                f"{name}.{parameter.name}",
                lambda path, new: on_change((spec.name, *path), new),
            )


def with_field(values: Mapping[str, Any], names: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The values of a form with one of them replaced: a field, a field of a model inside, or a member of a pair."""
    name, *inner = names
    if not inner:
        return {**values, name: value}
    old = values[name]
    if isinstance(old, tuple | list):
        return {**values, name: tuple(value if str(index) == inner[0] else size for index, size in enumerate(old))}
    return {**values, name: with_field(old or {}, tuple(inner), value)}


def help_text(spec: FieldSpec) -> str:
    """What a field is, and its valid range."""
    low, high = spec.minimum, spec.maximum
    if spec.widget not in ("whole", "number", "pair") or (low is None and high is None):
        return spec.help
    bounds = (
        f"{low:g} to {high:,g}"
        if low is not None and high is not None
        else f"at least {low:g}"
        if high is None
        else f"at most {high:,g}"
    )
    return f"{spec.help} Valid: {bounds}."


_DRAW: dict[str, Callable[[FieldSpec, Any, str, OnChange], None]] = {
    "choice": _choice,
    "whole": _number,
    "number": _number,
    "pair": _pair,
    "width": _width,
    "switch": _switch,
    "text": _text,
    "numbers": _numbers,
    "named": _named,
    "nested": _nested,
}
