"""The arrays of a C program that stay in flash: their text, and how many bytes they take."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_WIDTH = 120
_INDENT = "    "
#: A compiler need not tell longer names apart (C99, 5.2.4.1); a suffix comes behind.
_LONGEST_NAME = 40


def printable(text: str) -> str:
    """A name as it may stand in a comment: no line ends, no trigraphs, nothing that closes or opens a comment."""
    return re.sub(r"[^A-Za-z0-9 _.,:()+/-]", "_", text)


def identifiers(names: list[str]) -> list[str]:
    """A C identifier for each name, in order; no two are the same."""
    found: dict[str, None] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name)[:_LONGEST_NAME].strip("_").lower()
        plain = plain if plain[:1].isalpha() else f"layer_{plain}".strip("_")
        one, number = plain, 2
        while one in found:
            one, number = f"{plain}_{number}", number + 1
        found[one] = None
    return list(found)


def number(value: float) -> str:
    """A float32 as a literal with as many digits as give it back."""
    text = f"{value:.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


class Constants:
    """Arrays in the order in which they were asked for; equal ones are one.

    Attributes:
        bytes_of: what each owner's arrays take in flash; an array that several use counts for the first.
        wide_thresholds: whether thresholds need 32 bits, or 16 do.
    """

    def __init__(self, wide_thresholds: bool) -> None:
        self.wide_thresholds = wide_thresholds
        self.bytes_of: dict[str, int] = {}
        self._names: dict[tuple[str, bytes], str] = {}
        self._taken: set[str] = set()
        self._texts: list[str] = []

    @property
    def threshold_type(self) -> str:
        return "int32_t" if self.wide_thresholds else "int16_t"

    def floats(self, owner: str, what: str, array: Array) -> str:
        return self._named("float", owner, what, array.astype(np.float32).ravel(), number)

    def words(self, owner: str, what: str, array: Array) -> str:
        return self._named("uint32_t", owner, what, array.astype(np.uint32).ravel(), lambda word: f"0x{word:08x}u")

    def whole(self, owner: str, what: str, array: Array) -> str:
        """Whole numbers of 8 or 32 bits, as the array has them."""
        kind = {"int8": "int8_t", "int32": "int32_t"}[array.dtype.name]
        return self._named(kind, owner, what, array.ravel(), _whole)

    def thresholds(self, owner: str, array: Array) -> str:
        kept = array.astype(np.int32 if self.wide_thresholds else np.int16).ravel()
        return self._named("threshold", owner, "thresholds", kept, _whole)

    def text(self) -> str:
        return "\n".join(self._texts)

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes_of.values())

    def _named(self, kind: str, owner: str, what: str, array: Array, literal: Any) -> str:
        key = (kind, array.tobytes())
        if key not in self._names:
            name, another = f"{owner}_{what}", 2
            while name in self._taken:
                name, another = f"{owner}_{what}_{another}", another + 1
            self._taken.add(name)
            self._names[key] = name
            self.bytes_of[owner] = self.bytes_of.get(owner, 0) + array.nbytes
            self._texts.append(
                f"static const {kind} {name}[{len(array)}] = {{\n{_lines(map(literal, array.tolist()))}\n}};"
            )
        return self._names[key]


def _whole(one: int) -> str:
    """The least 32-bit number has no literal: it would be the negative of one too large."""
    return "INT32_MIN" if one == -(2**31) else str(one)


def _lines(literals: Any) -> str:
    """Literals with commas between them, as many to a line as fit."""
    lines, line = [], _INDENT
    for literal in literals:
        if len(line) + len(literal) + 1 > _WIDTH:
            lines.append(line.rstrip())
            line = _INDENT
        line += f"{literal}, "
    lines.append(line.rstrip())
    return "\n".join(lines)
