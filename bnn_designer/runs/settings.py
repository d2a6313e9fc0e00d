"""Numbers that the environment sets for runs, with an error that says which variable is wrong and what it takes."""

from __future__ import annotations

import math
import os

from bnn_designer.errors import BnnDesignerError


class QueueError(BnnDesignerError):
    """A setting of the queue that cannot be read, or a worker that cannot be started."""


def count_setting(variable: str, default: int, *, least: int = 1) -> int:
    """A whole number; ``default`` where the variable is not set.

    Raises:
        QueueError: it is not a whole number of at least ``least``.
    """
    text = os.environ.get(variable, "").strip()
    if text and (not text.isdecimal() or int(text) < least):
        raise QueueError(f"{variable}: {text!r} is not a whole number of at least {least}. Set it to one.")
    return int(text) if text else default


def seconds_setting(variable: str, default_s: float, *, least_s: float) -> float:
    """A number of seconds; ``default_s`` where the variable is not set.

    Raises:
        QueueError: it is not a number of at least ``least_s``.
    """
    text = os.environ.get(variable, "").strip()
    if not text:
        return default_s
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < least_s:
        raise QueueError(f"{variable}: {text!r} is not a number of seconds of at least {least_s:g}. Set it to one.")
    return value
