"""Undo and redo: a list of documents and a place in it."""

from __future__ import annotations

import json

from pydantic import Field

from bnn_designer.design.document import Design
from bnn_designer.design.edits import Edit, apply_edit
from bnn_designer.design.fields import Value
from bnn_designer.errors import DesignError

MAX_STEPS = 100


class History(Value):
    """The documents before the present one, the present one, and those that were undone; oldest first."""

    past: tuple[Design, ...] = Field((), max_length=MAX_STEPS)
    present: Design
    future: tuple[Design, ...] = ()

    def apply(self, edit: Edit) -> History:
        """The history after an edit; what was undone is forgotten. An edit without effect is not a step.

        Raises:
            DesignError: the edit cannot be applied; see :func:`apply_edit`.
        """
        return self.replace(apply_edit(self.present, edit))

    def replace(self, design: Design) -> History:
        """The history after a change of the whole document, such as loading a preset."""
        if design == self.present:
            return self
        return History(past=(*self.past, self.present)[-MAX_STEPS:], present=design)

    @property
    def can_undo(self) -> bool:
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        return bool(self.future)

    def undo(self) -> History:
        """One step back; the same history where there is none."""
        if not self.past:
            return self
        return History(past=self.past[:-1], present=self.past[-1], future=(self.present, *self.future))

    def redo(self) -> History:
        """One step forward again; the same history where nothing was undone."""
        if not self.future:
            return self
        return History(past=(*self.past, self.present)[-MAX_STEPS:], present=self.future[0], future=self.future[1:])

    def to_json(self) -> str:
        return json.dumps(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str) -> History:
        """The history that :meth:`to_json` wrote.

        Raises:
            DesignError: the text is not such a history.
        """
        try:
            data = json.loads(text)
            past, future = data.get("past", ()), data.get("future", ())
            return cls(
                past=tuple(Design.from_data(item) for item in past)[-MAX_STEPS:],
                present=Design.from_data(data["present"]),
                future=tuple(Design.from_data(item) for item in future),
            )
        except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
            raise DesignError("history", "this is not a saved history", "Start from a preset") from None
