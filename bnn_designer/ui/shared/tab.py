"""What one browser tab is looking at: a draft, a block in it, a run.

The documents are in the store and their ids in the URL, so that a reload, a second tab or a link loses nothing. The
session only remembers the ids, because changing the page by its menu clears the URL's parameters.

Streamlit ends a callback as it ends a run of the page: at its next word to ``st.session_state``, the address or the
page, once the browser has sent something newer. What was to come after that is never done. A draft could so be changed
and nobody told: not the canvas, which waits for it, and not the selection. So a session's own notes are one object,
changed in place, and between :func:`whole` and its end nothing here asks Streamlit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from bnn_designer.runs.drafts import Draft, DraftConflict, Mark

Name = Literal["draft", "block", "run"]
NAMES: tuple[Name, ...] = ("draft", "block", "run")
Level = Literal["error", "warning", "success"]

#: A change of a draft: given its id, the revision that the tab shows (None: any), and the operation it is.
Act = Callable[[str, int | None, Mark | None], Draft]


@dataclass
class Notes:
    """What one tab's session notes.

    Attributes:
        editor: the tab's name, by which its own changes are told from others'.
        at: the ids of what it looks at, by name; as the URL had them, or as they were set since.
        unwritten: the names whose ids the URL does not have yet.
        selection: the ids of the selected blocks; None: not asked for yet, and then what a link says.
        selection_version: grows whenever something but the canvas selects blocks.
        notices: messages that outlive the run of the page in which they arise.
        seen: the revision of each draft that the tab shows.
        held: changes that would have gone over somebody else's, each with its draft, until a person decides.
        conflict: the change by others that the held ones would have gone over.
        acknowledged: the canvas's last operation that was dealt with, and before it whose it was.
        announcement: what the canvas says was done: a number that grows, a sentence, whether it was refused.
    """

    editor: str = field(default_factory=lambda: f"tab-{secrets.token_hex(3)}")
    at: dict[Name, str | None] = field(default_factory=dict)
    unwritten: set[Name] = field(default_factory=set)
    selection: tuple[str, ...] | None = None
    selection_version: int = 1
    notices: list[tuple[Level, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    held: list[tuple[str, Act]] = field(default_factory=list)
    conflict: DraftConflict | None = None
    acknowledged: tuple[str, int] = ("", 0)
    announcement: tuple[int, str, bool] = (0, "", False)


_whole: ContextVar[Notes | None] = ContextVar("whole", default=None)


def notes() -> Notes:
    """The notes of this tab."""
    kept = _whole.get()
    if kept is None:
        kept = st.session_state.setdefault("notes", Notes())
    return kept


@contextmanager
def whole() -> Iterator[Notes]:
    """What is done within is done wholly, whatever the browser sends meanwhile.

    For a write and all that is noted with it. Within, nothing may be asked of Streamlit; what is here, in ``state`` and
    in ``drafting`` does not.
    """
    if (outer := _whole.get()) is not None:
        yield outer
        return
    for name in NAMES:
        current(name)
    mine = notes()
    token = _whole.set(mine)
    try:
        yield mine
    finally:
        _whole.reset(token)
    for name in tuple(mine.unwritten):  # where this is ended, it is done when the id is asked for next
        _write(mine, name)


def is_whole() -> bool:
    """Whether this is within :func:`whole`."""
    return _whole.get() is not None


# ---- which draft, block and run


def current(name: Name) -> str | None:
    """The id in the URL, else the one this tab had last, which is put back into the URL."""
    mine = notes()
    if not is_whole():
        if name in mine.unwritten:
            _write(mine, name)
        elif in_url := st.query_params.get(name):
            mine.at[name] = in_url
        elif mine.at.get(name):
            _write(mine, name)
    return mine.at.get(name)


def set_current(name: Name, value: str | None) -> None:
    """Looks at something else; None: at nothing."""
    mine = notes()
    mine.at[name] = value
    mine.unwritten.add(name)
    if not is_whole():
        _write(mine, name)


def _write(mine: Notes, name: Name) -> None:
    value = mine.at.get(name)
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    mine.unwritten.discard(name)


def link_parameters() -> dict[str, str]:
    """What a link to another page has to carry so that it shows the same draft and run."""
    return {name: value for name in NAMES if (value := current(name))}
