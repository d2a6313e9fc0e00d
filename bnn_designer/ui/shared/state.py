"""What one browser tab is looking at: a draft, a block in it, a run.

The documents are in the store and their ids in the URL, so that a reload, a second tab or a link loses nothing. The
session only remembers the ids, because changing the page by its menu clears the URL's parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import streamlit as st

from bnn_designer.design import Design, Edit, apply_edit, walk
from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import home_dir
from bnn_designer.runs.drafts import Draft, Drafts
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store, store_url

Name = Literal["draft", "block", "run"]
NAMES: tuple[Name, ...] = ("draft", "block", "run")


@st.cache_resource
def _open_store(url: str, home: str) -> tuple[Store, Drafts]:
    store = Store()
    return store, Drafts(store.engine)


def store() -> Store:
    """The store of runs; opened once for all sessions. Raises StoreError where it cannot be opened."""
    return _open_store(store_url(), str(home_dir()))[0]


def drafts() -> Drafts:
    """The drafts in the same store."""
    return _open_store(store_url(), str(home_dir()))[1]


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows an error of the user's on the page, in place of what raised it."""
    try:
        yield
    except BnnDesignerError as error:
        st.error(str(error), icon="⚠️")


# ---- which draft, block and run


def current(name: Name) -> str | None:
    """The id in the URL, else the one this tab had last, which is put back into the URL."""
    in_url = st.query_params.get(name)
    if in_url:
        st.session_state[f"current_{name}"] = in_url
        return str(in_url)
    remembered = st.session_state.get(f"current_{name}")
    if remembered:
        st.query_params[name] = remembered
    return remembered


def set_current(name: Name, value: str | None) -> None:
    """Looks at something else; None: at nothing."""
    st.session_state[f"current_{name}"] = value
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def link_parameters() -> dict[str, str]:
    """What a link to another page has to carry so that it shows the same draft and run."""
    return {name: value for name in NAMES if (value := current(name))}


def current_draft() -> Draft | None:
    """The draft of this tab; None where there is none, with a message where its id is unknown."""
    draft_id = current("draft")
    if draft_id is None:
        return None
    try:
        return drafts().get(draft_id)
    except BnnDesignerError as error:
        notify(str(error), "warning")
        set_current("draft", None)
        set_current("block", None)
        return None


def current_run() -> RunRecord | None:
    """The run of this tab; None where there is none, with a message where its id is unknown."""
    run_id = current("run")
    if run_id is None:
        return None
    try:
        return store().run(run_id)
    except BnnDesignerError as error:
        notify(str(error), "warning")
        set_current("run", None)
        return None


def selected_block(design: Design) -> str | None:
    """The id of the selected block, if it is still in the design."""
    block_id = current("block")
    return block_id if any(block.id == block_id for _, block in walk(design.blocks)) else None


# ---- changing the draft; meant as callbacks of widgets, so that the page is drawn after the change


def open_design(design: Design) -> None:
    """Makes a new draft of a design and looks at it."""
    with _reported():
        draft = drafts().create(design)
        set_current("draft", draft.id)
        set_current("block", None)


def open_draft(draft_id: str) -> None:
    """Looks at another draft."""
    set_current("draft", draft_id)
    set_current("block", None)


def edit(make: Callable[[Design], Edit | None]) -> None:
    """Applies an edit to the draft and selects the block that it adds, if any; an error is kept for the page.

    Args:
        make: gives the edit for the design as it is now, or None for none. A press can come before the page has been
            drawn anew after the last one, so that an edit made while drawing could be one of an older design.
    """
    before: set[str] = set()

    def apply(design: Design) -> Design:
        nonlocal before
        before = set(_ids(design))
        wanted = make(design)
        return design if wanted is None else apply_edit(design, wanted)

    draft = change_draft(apply)
    if draft is not None:
        # the first new one in reading order is the block itself, not one inside it
        added = next((block_id for block_id in _ids(draft.design) if block_id not in before), None)
        if added is not None:
            set_current("block", added)


def change_draft(change: Callable[[Design], Design]) -> Draft | None:
    """Changes the draft's design and returns the draft; an error leaves it as it was and is kept for the page."""
    return _with_draft(lambda draft_id: drafts().change(draft_id, change))


def undo() -> None:
    """Takes the draft one step back; nothing happens where there is none."""
    _with_draft(lambda draft_id: drafts().undo(draft_id))


def redo() -> None:
    """Takes the draft one step forward again; nothing happens where none was undone."""
    _with_draft(lambda draft_id: drafts().redo(draft_id))


def _with_draft(act: Callable[[str], Draft]) -> Draft | None:
    draft_id = current("draft")
    if draft_id is None:
        return None
    with _reported():
        return act(draft_id)
    return None


def _ids(design: Design) -> list[str]:
    return [block.id for _, block in walk(design.blocks)]


# ---- messages that outlive the run of the page in which they arise


def notify(text: str, level: Literal["error", "warning", "success"] = "error") -> None:
    """Keeps a message until :func:`show_notices` shows it."""
    st.session_state.setdefault("notices", []).append((level, text))


def show_notices() -> None:
    """Shows and forgets the messages of the last action."""
    for level, text in st.session_state.pop("notices", []):
        {"error": st.error, "warning": st.warning, "success": st.success}[level](text)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except BnnDesignerError as error:
        notify(str(error))
