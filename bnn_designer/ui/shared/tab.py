"""What one browser tab is looking at: a draft, a block in it, a run.

The documents are in the store and their ids in the URL, so that a reload, a second tab or a link loses nothing. The
session only remembers the ids, because changing the page by its menu clears the URL's parameters.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
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
        selection: the ids of the selected blocks; None: not asked for yet, and then what a link says.
        selection_version: grows whenever something but the canvas selects blocks.
        notices: messages that outlive the run of the page in which they arise.
        seen: the revision of each draft that the tab shows.
        held: changes that would have gone over somebody else's, each with its draft, until a person decides.
        conflict: the change by others that the held ones would have gone over.
        acknowledged: the canvas's last operation that was dealt with, and before it whose it was.
        person: the name under which this tab queues runs; None: none was given.
        cookie: of the member of a class that this tab is; "": of none; None: not looked for yet.
        cookie_to_keep: what the browser is to keep in that cookie's place; "": nothing; None: all is kept.
        announcement: what the canvas says was done: a number that grows, a sentence, whether it was refused.
    """

    editor: str = field(default_factory=lambda: f"tab-{secrets.token_hex(3)}")
    at: dict[Name, str | None] = field(default_factory=dict)
    selection: tuple[str, ...] | None = None
    selection_version: int = 1
    notices: list[tuple[Level, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    held: list[tuple[str, Act]] = field(default_factory=list)
    conflict: DraftConflict | None = None
    acknowledged: tuple[str, int] = ("", 0)
    person: str | None = None
    cookie: str | None = None
    cookie_to_keep: str | None = None
    announcement: tuple[int, str, bool] = (0, "", False)


def notes() -> Notes:
    """The notes of this tab."""
    mine: Notes = st.session_state.setdefault("notes", Notes())
    return mine


# ---- which draft, block and run


def current(name: Name) -> str | None:
    """The id in the URL, else the one this tab had last, which is put back into the URL."""
    mine = notes()
    if in_url := st.query_params.get(name):
        mine.at[name] = in_url
    elif mine.at.get(name):
        _write(mine, name)
    return mine.at.get(name)


def set_current(name: Name, value: str | None) -> None:
    """Looks at something else; None: at nothing."""
    mine = notes()
    mine.at[name] = value
    _write(mine, name)


def _write(mine: Notes, name: Name) -> None:
    value = mine.at.get(name)
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def link_parameters() -> dict[str, str]:
    """What a link to another page has to carry so that it shows the same draft and run."""
    return {name: value for name in NAMES if (value := current(name))}
