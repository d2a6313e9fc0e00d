"""How the totals changed: since the last edit, and since the page was opened."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.design import Design
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.totals.figures import Total
from bnn_designer.units import signed_text


@dataclass
class Seen:
    """The designs that one browser tab saw of a draft; kept in its session.

    Designs and not their figures: these depend on the convention, the deployment and the device, which may be chosen
    in between. What differs between two designs is then always counted in the same way.

    Attributes:
        revision: the draft's revision whose design is ``now``.
        first: the design when the tab opened the draft.
        before, now: those before the last edit, and after it.
    """

    revision: int
    first: Design
    before: Design
    now: Design

    @classmethod
    def opening(cls, draft: Draft) -> Seen:
        return cls(draft.revision, draft.design, draft.design, draft.design)

    def see(self, draft: Draft) -> None:
        """Takes in a revision; it may be seen several times."""
        if draft.revision != self.revision:
            self.revision, self.before, self.now = draft.revision, self.now, draft.design


def values(found: tuple[Total, ...]) -> dict[str, float | None]:
    """The numbers of totals by their names."""
    return {total.name: total.value for total in found}


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
    return Change(signed_text(difference, total.change_text), (difference > 0) == total.lower_is_better)
