"""What a form needs to know of a field, read from the pydantic model: no form is written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

#: Set by other means than a form.
_HIDDEN = {"id", "kind", "body"}

#: The order in which people think of the fields; a field that is not named here comes in its model's order in between.
_FIRST = ("filters", "units", "kernel_size", "strides", "dilation", "padding", "pad_values")
_LAST = ("use_bias", "batch_norm", "activation", "order", "label")

Widget = Literal["choice", "whole", "number", "pair", "width", "switch", "text", "numbers", "named", "nested"]

#: The field that says which of several things a "named" model is; its other fields are parameters of some of them.
NAME = "name"


@dataclass(frozen=True)
class FieldSpec:
    """One field of a form.

    Attributes:
        widget: what it is edited with. choice: one of ``choices``; whole and pair: integers; width: the second of a
            pair whose first, the height, is 1; number: a float; numbers: any number of floats.
        optional: whether None is a value.
        minimum, maximum: inclusive bounds of numbers, of each member of a pair; None: no bound.
        model: the nested model of a "nested" or "named" field; the ``choices`` of the latter are names that fit here.
    """

    name: str
    label: str
    help: str
    widget: Widget
    optional: bool = False
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    model: type[BaseModel] | None = None


@cache
def form_fields(model: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """The fields of a model that a person can set, in the order of a form.

    Raises:
        TypeError: a field of a type that no widget here edits; add one.
    """
    specs = [_spec(name, info) for name, info in model.model_fields.items() if name not in _HIDDEN]
    order = {name: index - len(_FIRST) for index, name in enumerate(_FIRST)} | {
        name: index + 1 for index, name in enumerate(_LAST)
    }
    return tuple(sorted(specs, key=lambda spec: order.get(spec.name, 0)))


@cache
def parameters(model: type[BaseModel], name: str) -> tuple[FieldSpec, ...]:
    """The parameters that one of the names of a "named" model has: those that it lets differ from their defaults."""
    return tuple(spec for spec in form_fields(model) if spec.name != NAME and _differs(model, name, spec))


def _differs(model: type[BaseModel], name: str, spec: FieldSpec) -> bool:
    default = model.model_fields[spec.name].default
    for other in (default + 1, default - 1):
        try:
            model.model_validate({NAME: name, spec.name: other})
        except ValidationError:
            continue
        return True
    return False


def _accepted(info: FieldInfo, names: tuple[Any, ...]) -> tuple[Any, ...]:
    """The names that a field takes: some scale kernels, and are refused for inputs."""
    annotation: Any = info.annotation
    for item in info.metadata:
        annotation = Annotated[annotation, item]
    adapter = TypeAdapter(annotation)
    found = []
    for name in names:
        try:
            adapter.validate_python({NAME: name})
        except ValidationError:
            continue
        found.append(name)
    return tuple(found)


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    annotation, metadata, optional = _open(info.annotation, list(info.metadata))
    label = name.replace("_", " ").capitalize()
    text = info.description or ""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        names = annotation.model_fields.get(NAME)
        if names is not None and get_origin(names.annotation) is Literal:
            choices = _accepted(info, get_args(names.annotation))
            return FieldSpec(name, label, text, "named", optional, choices=choices, model=annotation)
        return FieldSpec(name, label, text, "nested", optional, model=annotation)
    if get_origin(annotation) is Literal:
        return FieldSpec(name, label, text, "choice", optional, choices=get_args(annotation))
    if get_origin(annotation) is tuple:
        inner, inner_metadata, _ = _open(get_args(annotation)[0], [])
        if inner is int and len(get_args(annotation)) == 2:
            low, high = _bounds(inner_metadata)
            return FieldSpec(name, label, text, "pair", optional, minimum=low, maximum=high)
        if inner is float and get_args(annotation)[1:] == (...,):
            return FieldSpec(name, label, text, "numbers", optional)
    widgets: dict[Any, Widget] = {bool: "switch", int: "whole", float: "number", str: "text"}
    if annotation not in widgets:
        raise TypeError(f"field {name}: there is no widget for {annotation}")
    low, high = _bounds(metadata)
    return FieldSpec(name, label, text, widgets[annotation], optional, minimum=low, maximum=high)


def _open(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any], bool]:
    """The type inside ``Annotated`` and ``| None``, all metadata on the way, and whether None is allowed."""
    optional = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            metadata = metadata + more
        elif get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation):
            optional = True
            (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
        else:
            return annotation, metadata, optional


def _bounds(metadata: list[Any]) -> tuple[float | None, float | None]:
    """Inclusive bounds out of pydantic's metadata. Exclusive ones are left to the model's own check."""
    low: float | None = None
    high: float | None = None
    for item in metadata:
        parts = item.metadata if isinstance(item, FieldInfo) else [item]
        for part in parts:
            low = getattr(part, "ge", low)
            high = getattr(part, "le", high)
    return low, high
