"""The product's errors: each says where, which rule was broken, and how to mend it."""

from __future__ import annotations


class BnnDesignerError(Exception):
    """Anything a user can cause and mend. The CLI prints it and exits with 2; a page shows it."""


class DesignError(BnnDesignerError):
    """A design document, or an edit of one, that breaks a rule.

    Args:
        path: where, as a block path such as ``shortcut_2/binary_conv_3``, or a file and a JSON pointer.
        rule: the rule that was broken, with the offending values.
        mend: what the user can do about it.
    """

    def __init__(self, path: str, rule: str, mend: str) -> None:
        super().__init__(f"{path}: {rule.rstrip('.')}. {mend.rstrip('.')}.")
        self.path = path
        self.rule = rule
        self.mend = mend
