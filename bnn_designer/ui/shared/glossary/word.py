"""An entry of the glossary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """One entry.

    Attributes:
        term: as it is written on the pages.
        meaning: the first line: what it is.
        matters: the second line: what follows from it for a design.
        also: other spellings that mean the same: plurals, the words of an abbreviation.
        source: where the meaning or the rule is from; "" where it is this program's own word or common knowledge.
    """

    term: str
    meaning: str
    matters: str
    also: tuple[str, ...] = ()
    source: str = ""
