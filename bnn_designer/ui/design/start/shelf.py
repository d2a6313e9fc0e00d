"""The shelf of drafts: what is on it, and what one does with a draft without opening it. Knows no page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Drafts, DraftSummary
from bnn_designer.runs.drafts.records import KEEP_DELETED_DAYS
from bnn_designer.ui.design.start.thumbnail import thumbnail
from bnn_designer.units import shape_text, time_text

#: How many drafts are listed at first, and how many more by each press of "More".
PAGE = 6
#: Where a list longer than this is needed, a search is better.
MAX_LISTED = 400
_MAX_DELETED = 50


@dataclass(frozen=True)
class Message:
    """What became of an action.

    Attributes:
        undo: the id of the draft that a press on "Undo" restores; "" where there is nothing to take back.
        wrong: whether the action was refused.
    """

    text: str
    undo: str = ""
    wrong: bool = False


def act(drafts: Drafts, action: Mapping[str, Any]) -> Message:
    """Does what the browser asks for; what it sends is not trusted to be anything.

    Args:
        drafts: where the drafts are.
        action: ``kind`` (a key of :data:`ACTIONS`), ``draft`` (its id), and for a new name ``name``.
    """
    kind, draft_id, name = (action.get(key) for key in ("kind", "draft", "name"))
    if not isinstance(kind, str) or kind not in ACTIONS or not isinstance(draft_id, str):
        return Message("The page sent something that is no action. Load it anew.", wrong=True)
    try:
        return ACTIONS[kind](drafts, draft_id, name if isinstance(name, str) else "")
    except BnnDesignerError as error:
        return Message(str(error), wrong=True)


def _rename(drafts: Drafts, draft_id: str, name: str) -> Message:
    before = drafts.get(draft_id).name
    after = drafts.rename(draft_id, name).name
    return Message(f"Renamed {before} to {after}." if after != before else f"{after} keeps its name.")


def _duplicate(drafts: Drafts, draft_id: str, _name: str) -> Message:
    return Message(f"Made {drafts.duplicate(draft_id).name}.")


def _delete(drafts: Drafts, draft_id: str, _name: str) -> Message:
    name = drafts.get(draft_id).name
    drafts.delete(draft_id)
    return Message(f"Deleted {name}.", undo=draft_id)


def _restore(drafts: Drafts, draft_id: str, _name: str) -> Message:
    return Message(f"{drafts.restore(draft_id).name} is back.")


ACTIONS: dict[str, Callable[[Drafts, str, str], Message]] = {
    "rename": _rename,
    "duplicate": _duplicate,
    "delete": _delete,
    "restore": _restore,
}


def listed(drafts: Drafts, search: str, limit: int) -> dict[str, Any]:
    """What the browser shows: the drafts that match a search, whether there are more, and what can be restored.

    Args:
        drafts: where the drafts are.
        search: words of the name; "": every draft.
        limit: how many at most, 1 to :data:`MAX_LISTED`.
    """
    limit = min(max(limit, 1), MAX_LISTED)
    found = drafts.recent(limit + 1, search)
    return {
        "drafts": [_line(drafts, one) for one in found[:limit]],
        "more": len(found) > limit and limit < MAX_LISTED,
        "limit": limit,
        "page": PAGE,
        "search": search,
        "deleted": [
            {"id": one.id, "name": one.name, "when": time_text(one.updated_at)}
            for one in drafts.recent(_MAX_DELETED, deleted=True)
        ],
        "keep_days": KEEP_DELETED_DAYS,
    }


def _line(drafts: Drafts, one: DraftSummary) -> dict[str, str]:
    blocks = "1 block" if one.blocks == 1 else f"{one.blocks} blocks"
    return {
        "id": one.id,
        "name": one.name,
        "when": time_text(one.updated_at),
        "facts": f"{blocks} · {shape_text(one.input_shape)}",
        "picture": _picture(drafts, one),
    }


def _picture(drafts: Drafts, one: DraftSummary) -> str:
    try:
        return _picture_at(drafts, one.id, one.updated_at.timestamp())
    except BnnDesignerError:  # deleted a moment ago, or written by a newer program: the line stays
        return ""


@lru_cache(maxsize=1024)
def _picture_at(drafts: Drafts, draft_id: str, _updated_at: float) -> str:
    """The picture of a draft as it was at a time: a draft is read again only where it was changed."""
    return thumbnail(drafts.get(draft_id).design)
