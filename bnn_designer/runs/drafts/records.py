"""What the drafts hand out and take: a draft, a line of their list, a named version, the mark of an operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError

#: How many steps of a draft can be undone.
MAX_STEPS = 100

#: For how many days a deleted draft can be brought back.
KEEP_DELETED_DAYS = 30


class DraftError(BnnDesignerError):
    """A draft that is not there, or cannot be saved."""


class DraftDeleted(DraftError):  # noqa: N818 - a state that a page offers to change, as much as an error
    """The draft was deleted, and can still be brought back: ``Drafts.restore(error.draft_id)``."""

    def __init__(self, draft_id: str, name: str) -> None:
        super().__init__(
            f"Draft {draft_id}: {name!r} was deleted. It can be restored for {KEEP_DELETED_DAYS} days after that."
        )
        self.draft_id = draft_id
        self.name = name


class DraftConflict(DraftError):  # noqa: N818 - a question to the editor, as much as an error
    """Somebody else changed the draft since the editor saw it. Nothing of the editor's change was saved.

    Attributes:
        revision: the draft's revision now; a change that has ``seen`` it goes through.
        editor: who changed it last, as given to the change; "" where nobody said.
        updated_at: when.
    """

    def __init__(self, draft_id: str, revision: int, editor: str, updated_at: datetime) -> None:
        super().__init__(
            f"Draft {draft_id}: it was changed by {editor or 'somebody else'} since you last saw it. "
            "Look at it as it is now, then make the change again."
        )
        self.revision = revision
        self.editor = editor
        self.updated_at = updated_at


@dataclass(frozen=True)
class Draft:
    """One draft as stored.

    Attributes:
        revision: grows by one with every change, undo and redo included.
        undo_steps: how many steps can be undone.
        redo_steps: how many of those undone can be done again.
        recipe_json: the training recipe as last set for it; None: never set.
        updated_at: when the design was last changed; UTC.
    """

    id: str
    design: Design
    revision: int
    undo_steps: int
    redo_steps: int
    recipe_json: str | None
    updated_at: datetime

    @property
    def name(self) -> str:
        return self.design.name


@dataclass(frozen=True)
class DraftSummary:
    """What a list of drafts shows; reading it opens no design.

    Attributes:
        blocks: how many blocks the design has, those inside others included.
        input_shape: height, width and channels of an image.
    """

    id: str
    name: str
    updated_at: datetime
    blocks: int
    input_shape: tuple[int, int, int]


@dataclass(frozen=True)
class Snapshot:
    """A version of a draft that somebody gave a name; it stays as it is, whatever becomes of the draft's steps."""

    id: str
    draft_id: str
    name: str
    created_at: datetime
    blocks: int


@dataclass(frozen=True)
class Mark:
    """The number of an operation in a browser tab's outbox, by which it is applied once, however often it is sent.

    Attributes:
        client: names the tab; at most 64 characters.
        number: grows with every operation of that tab, from 1.
    """

    client: str
    number: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.client) <= 64:
            raise DraftError("The mark of an operation needs a client of 1 to 64 characters. Reload the page.")
        if type(self.number) is not int or not 1 <= self.number < 2**53:
            raise DraftError("The mark of an operation needs a whole number from 1. Reload the page.")
