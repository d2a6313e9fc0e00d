"""Decorators for quantizers of one's own (``larq.utils``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import keras

_T = TypeVar("_T")


def register_keras_custom_object(cls: _T) -> _T:
    """Lets Keras, and the quantizer arguments of layers, find a class or function by its own name."""
    keras.saving.get_custom_objects()[cls.__name__] = cls  # type: ignore[attr-defined]
    return cls


def register_alias(name: str) -> Callable[[_T], _T]:
    """Lets Keras, and the quantizer arguments of layers, find a class or function by ``name``."""

    def register(cls: _T) -> _T:
        keras.saving.get_custom_objects()[name] = cls
        return cls

    return register


def set_precision(precision: int = 32) -> Callable[[Any], Any]:
    """Says how many bits an element has that a function of a tensor returns, for optimizers and tables."""

    def decorate(function: Any) -> Any:
        function.precision = precision
        return function

    return decorate
