"""What one browser tab is looking at: a draft, a block in it, a run.

The documents are in the store and their ids in the URL, so that a reload, a second tab or a link loses nothing. The
session only remembers the ids, because changing the page by its menu clears the URL's parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import streamlit as st

from bnn_designer.design import Design, walk
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


# ---- what is selected


def selected_blocks(design: Design) -> tuple[str, ...]:
    """The ids of the selected blocks that are still in the design. A link to a block selects it when it is opened.

    From then on the session knows, and not the address: the browser sends the one that it shows along with everything
    else, and that is an older one where something was selected here meanwhile.
    """
    if "selection" not in st.session_state:
        linked = current("block")
        st.session_state["selection"] = (linked,) if linked else ()
    known = {block.id for _, block in walk(design.blocks)}
    chosen = tuple(block_id for block_id in st.session_state["selection"] if block_id in known)
    if st.query_params.get("block") != next(iter(chosen), None):
        set_current("block", next(iter(chosen), None))
    return chosen


def selected_block(design: Design) -> str | None:
    """The selected block, or the first of several; None where none is."""
    return next(iter(selected_blocks(design)), None)


def select(block_ids: tuple[str, ...], by_canvas: bool = False) -> None:
    """Selects blocks. The canvas is told, unless it is what selected them."""
    st.session_state["selection"] = block_ids
    set_current("block", block_ids[0] if block_ids else None)
    if not by_canvas:
        st.session_state["selection_version"] = selection_version() + 1


def select_row(table: str, block_ids: Sequence[str]) -> None:
    """Selects the block whose row was pressed in a table; for its ``on_select``.

    Args:
        table: the key of the table.
        block_ids: the block of each row.
    """
    rows = st.session_state[table]["selection"]["rows"]
    if rows and rows[0] < len(block_ids):
        select((block_ids[rows[0]],))


def selection_version() -> int:
    """Grows whenever something but the canvas selects blocks."""
    return int(st.session_state.get("selection_version", 1))


# ---- messages that outlive the run of the page in which they arise


def notify(text: str, level: Literal["error", "warning", "success"] = "error") -> None:
    """Keeps a message until :func:`show_notices` shows it."""
    st.session_state.setdefault("notices", []).append((level, text))


def last_notice() -> str:
    """Takes the newest message off the list, to be shown elsewhere; "" where there is none."""
    waiting = st.session_state.get("notices", [])
    return str(waiting.pop()[1]) if waiting else ""


def show_notices() -> None:
    """Shows and forgets the messages of the last action."""
    for level, text in st.session_state.pop("notices", []):
        {"error": st.error, "warning": st.warning, "success": st.success}[level](text)


@contextmanager
def reported() -> Iterator[None]:
    try:
        yield
    except BnnDesignerError as error:
        notify(str(error))
