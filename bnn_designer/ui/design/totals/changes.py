"""How the totals changed: since the last edit, and since the page was opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bnn_designer.ui.design.totals.figures import Total

_MINUS = "\N{MINUS SIGN}"


@dataclass
class Seen:
    """What one browser tab saw of a draft's totals; kept in its session.

    Attributes:
        revision: the draft's revision whose figures are ``now``.
        first: the figures when the tab opened the draft.
        before, now: those before the last edit, and after it.
    """

    revision: int
    first: dict[str, float | None] = field(default_factory=dict)
    before: dict[str, float | None] = field(default_factory=dict)
    now: dict[str, float | None] = field(default_factory=dict)

    def see(self, revision: int, found: Mapping[str, float | None]) -> None:
        """Takes in the figures of a revision; the same revision with other figures is another convention or device."""
        if revision != self.revision:
            self.before = self.now
        self.revision, self.now = revision, dict(found)
        for name, value in found.items():
            # a figure that was never seen has no change; it begins now
            self.first.setdefault(name, value)
            self.before.setdefault(name, value)


def values(found: tuple[Total, ...], key: str) -> dict[str, float | None]:
    """The numbers of totals under names that another convention or device does not share."""
    return {f"{key}.{total.name}": total.value for total in found}


@dataclass(frozen=True)
class Change:
    """A difference in words.

    Attributes:
        text: such as ``+12.0 KiB``; "" where there is none, or nothing to compare.
        worse: whether it costs more; None: neither.
    """

    text: str
    worse: bool | None


def change(total: Total, before: float | None) -> Change:
    """What became of a total since it was ``before``."""
    if total.value is None or before is None or total.value == before:
        return Change("", None)
    difference = total.value - before
    sign = _MINUS if difference < 0 else "+"
    return Change(f"{sign}{total.change_text(abs(difference))}", (difference > 0) == total.lower_is_better)
