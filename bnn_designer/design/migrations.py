"""From the documents of older programs to today's: one step a version, on the JSON data.

A step takes the data of its version and gives that of the next one. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

SCHEMA_VERSION: Literal[2] = 2

Data = dict[str, Any]


def _from_1(data: Data) -> Data:
    """Version 2 adds kinds of blocks, groups, merges and quantizers with parameters; the defaults mean version 1."""
    return data | {"schema_version": 2}


_STEPS: dict[int, Callable[[Data], Data]] = {1: _from_1}


def migrate(data: Data) -> Data:
    """The data in today's schema. Data of an unknown version comes back as it is, for the reader to refuse."""
    version = data.get("schema_version", SCHEMA_VERSION)
    while type(version) is int and version in _STEPS:
        data = _STEPS[version](data)
        version = data["schema_version"]
    return data
