"""Which argument of a layer Keras means, where it refuses one in words that do not name it."""

from __future__ import annotations

import inspect
import numbers
import re
from difflib import get_close_matches
from typing import Any

import keras

from bnn_designer.nn.errors import LayerError

#: What counts something, and so is a whole number of 1 or more.
_COUNTS = ("filters", "units", "groups", "depth_multiplier")
#: Arguments that are looked up by name, by the end of their own name: where, and what Keras has there.
_LOOKED_UP = {
    "_initializer": (keras.initializers, "an initializer"),
    "_regularizer": (keras.regularizers, "a regularizer"),
    "activation": (keras.activations, "an activation function"),
}
#: Arguments of Keras 2 that Keras 3 has no more, and what does the same.
_ONLY_KERAS_2 = {
    "batch_input_shape": "Put keras.Input(shape, batch_size=...) in front",
    "input_dim": "Put keras.Input((features,)) in front",
    "weights": "Call set_weights() once the layer is built",
    "implementation": "Leave it out: the layer itself says how it computes, see engine",
}


def counts(where: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the counts among them as ints, as Keras 2 takes ``filters=32.0``.

    Raises:
        LayerError: one of these is no whole number of 1 or more.
    """
    return arguments | {name: _count(f"{where}, {name}", arguments[name]) for name in _COUNTS if name in arguments}


def _count(where: str, value: Any) -> int:
    # Of whole numbers first: large ones are none that a float holds.
    whole = isinstance(value, numbers.Integral) or (isinstance(value, numbers.Real) and float(value).is_integer())
    if isinstance(value, bool) or not whole or value < 1:
        raise LayerError(where, f"it must be a whole number of 1 or more, got {value!r}", "Count again")
    return int(value)


def has_no_kernel_quantizer(where: str, arguments: dict[str, Any], instead: str) -> None:
    """Refuses ``kernel_quantizer`` where a layer's kernels have other names.

    Raises:
        LayerError: it is among the arguments.
    """
    if "kernel_quantizer" in arguments:
        raise LayerError(f"{where}, kernel_quantizer", "it takes no such argument", f"Give {instead}")


def refused(layer: type, label: str, arguments: dict[str, Any], error: Exception) -> LayerError:
    """Keras' error about an argument of a layer, with the layer's and the argument's name.

    Args:
        layer: the layer's class.
        label: the layer, in errors.
        arguments: what it was given, by name.
        error: what Keras raised.
    """
    kind = next(one for one in layer.__mro__ if one.__module__.startswith("keras."))
    text = " ".join(str(error).split())
    unknown, _, given = text.partition("Unrecognized keyword arguments passed to ")
    if given and not unknown:
        name = next((name for name in arguments if f"'{name}':" in given), None)
        if name is not None:
            return LayerError(f"{label}, {name}", "it takes no such argument", _mend(layer, kind, name))
    for name, value in arguments.items():
        rule = _not_found(name, value)
        if rule:
            return LayerError(f"{label}, {name}", rule, f"Use a name that keras.{_room(name)} has, an object, or None")
    places = {name: found.start() for name in arguments if (found := re.search(rf"`{name}`|\b{name}=", text))}
    where = f"{label}, {min(places, key=lambda name: places[name])}" if places else label
    return LayerError(where, text, f"keras.layers.{kind.__name__} says what it takes")


def _mend(layer: type, kind: type, name: str) -> str:
    if name in _ONLY_KERAS_2:
        return f"Keras 3 has none. {_ONLY_KERAS_2[name]}"
    known = {one for part in layer.__mro__ if "__init__" in vars(part) for one in _parameters(part)}
    near = get_close_matches(name, sorted(known), 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"{meant}It takes the arguments of keras.layers.{kind.__name__} beside its own"


def _parameters(kind: type) -> list[str]:
    parameters = inspect.signature(vars(kind)["__init__"]).parameters.values()
    return [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]


def _room(name: str) -> str:
    module, _ = next(found for end, found in _LOOKED_UP.items() if name.endswith(end))
    return str(module.__name__.rpartition(".")[2])


def _not_found(name: str, value: Any) -> str | None:
    """What is wrong with an argument that Keras looks up; None: nothing, or it is no such argument."""
    for end, (module, what) in _LOOKED_UP.items():
        if name.endswith(end):
            try:
                module.get(value)
            except (ValueError, TypeError):
                return f"{value!r} is not {what}"
    return None
