"""Which functions of kernels.c a program has: those that it calls, with what they call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("kernels.c")
#: What a piece of the file defines: a function, a variable, a struct or a union.
_DEFINED = re.compile(r"^(?:static [\w ]+?\*?(\w+)[(\[]|((?:struct|union) \w+) \{)", re.MULTILINE)
#: Which header a name is from.
_HEADERS = {"FLT_MIN": "float.h", "FLT_MAX": "float.h", "expf": "math.h"}


@dataclass(frozen=True)
class Piece:
    """A definition with the comment above it."""

    name: str
    text: str

    def uses(self, name: str) -> bool:
        return _names(self.text, name)


def _names(code: str, name: str) -> bool:
    """Whether code uses a name; comments do not count."""
    return re.search(rf"\b{name}\b", re.sub(r"//.*", "", code)) is not None


@cache
def pieces() -> tuple[Piece, ...]:
    """All of the file's, in its order; each uses only those before it."""
    found = []
    for text in _FILE.read_text(encoding="utf-8").strip().split("\n\n"):
        defined = _DEFINED.search(text)
        if defined is not None:
            found.append(Piece(defined[1] or defined[2], text))
    return tuple(found)


def used_by(code: str) -> tuple[Piece, ...]:
    """The pieces that a program's own code uses, directly or not, in the file's order."""
    found: list[Piece] = []
    for piece in reversed(pieces()):
        if _names(code, piece.name) or any(user.uses(piece.name) for user in found):
            found.append(piece)
    return tuple(reversed(found))


def headers_of(used: tuple[Piece, ...]) -> tuple[str, ...]:
    """The standard headers that pieces need."""
    return tuple(sorted({header for name, header in _HEADERS.items() if any(piece.uses(name) for piece in used)}))
