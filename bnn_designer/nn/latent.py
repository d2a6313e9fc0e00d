"""Models whose layers compute with their latent weights: kernels as they are trained, inputs still quantized."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_latent: ContextVar[bool] = ContextVar("whether kernels are taken as they are", default=False)


@contextmanager
def latent_kernels(wanted: bool = True) -> Iterator[None]:
    """Our layers that are called, or recorded by a ``tf.function``, within this leave out their kernel quantizers.

    They compute in float then, whatever their engine. Nothing of the layers changes, saved files included.

    Args:
        wanted: False changes nothing, for callers that need it at times.
    """
    token = _latent.set(wanted or _latent.get())
    try:
        yield
    finally:
        _latent.reset(token)


@contextmanager
def binary_kernels() -> Iterator[None]:
    """The kernel quantizers are in use within this, whatever is outside: for another model, such as a teacher."""
    token = _latent.set(False)
    try:
        yield
    finally:
        _latent.reset(token)


def in_latent() -> bool:
    """Whether kernels are taken as they are now."""
    return _latent.get()
