"""The product's errors: each says where, which rule was broken, and how to mend it."""

from __future__ import annotations

import unicodedata

# Marks that turn the direction of what stands around them, beyond the text they are in (Unicode Standard Annex 9).
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_control(character: str) -> bool:
    """Whether a character does something to a terminal or to the text around it, instead of being seen."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in _TURNING


def printable(text: str) -> str:
    """The text on a terminal: what would do something there is written out, but for line ends and tabs."""
    return "".join(ascii(c)[1:-1] if is_control(c) and c not in "\n\t" else c for c in text)


class BnnDesignerError(Exception):
    """Anything a user can cause and mend. The CLI prints it and exits with 2; a page shows it."""


class BrokenRule(BnnDesignerError):  # noqa: N818 - the base of errors, whose own names end in Error
    """An error in three parts, for those who show them apart; its text is "path: rule. mend.".

    Args:
        path: where: a block path such as ``shortcut_2/binary_conv_3``, a layer, a file and a place in it; "" where
            something has no name.
        rule: the rule that was broken, with the offending values.
        mend: what the user can do about it.
    """

    def __init__(self, path: str, rule: str, mend: str) -> None:
        super().__init__(f"{f'{path}: ' if path else ''}{rule.rstrip('.')}. {mend.rstrip('.')}.")
        self.path = path
        self.rule = rule
        self.mend = mend


class DesignError(BrokenRule):
    """A design document, or an edit of one, that breaks a rule. ``path`` is the block's."""
