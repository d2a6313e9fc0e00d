"""Decorators for quantizers of one's own, and other small helpers (``larq.utils``).

`load_weights` is not Larq's: there Keras itself reads its older files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import keras

from bnn_designer.larq.legacy_weights import load_weights
from bnn_designer.larq.tables import memory_text

__all__ = [
    "load_weights",
    "memory_as_readable_str",
    "patch_object",
    "register_alias",
    "register_keras_custom_object",
    "set_precision",
]

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


def memory_as_readable_str(num_bits: int) -> str:
    """Bits as bytes with two decimals, in the largest unit up to GiB in which they are 1 or more: ``13.19 KiB``."""
    return memory_text(num_bits)


@contextmanager
def patch_object(object: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute has another value within, and its own afterwards, also where an error ends it.

    Raises:
        AttributeError: the object has no such attribute.
    """
    before = getattr(object, name)
    setattr(object, name, value)
    try:
        yield
    finally:
        setattr(object, name, before)
