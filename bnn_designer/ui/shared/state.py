"""The documents of this browser tab, what is selected in them, and what it is told.

Which they are is noted by :mod:`bnn_designer.ui.shared.tab`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from bnn_designer.design import Design, walk
from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import home_dir
from bnn_designer.runs.drafts import Draft, Drafts
from bnn_designer.runs.faults import StoreFault
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store, store_url
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.sign_in import identity
from bnn_designer.ui.shared.tab import Level, current, notes, set_current

# Whoever waits for a page hears soon that something else keeps the store locked; a worker waits longer. The canvas
# sends again what was not answered after 4 s: a page that waited longer would be begun anew each time, and never drawn.
_PATIENCE_S = 2.0


@st.cache_resource
def _open_store(url: str, home: str) -> tuple[Store, Drafts]:
    store = Store(patience_s=_PATIENCE_S)
    return store, Drafts(store.engine)


def store() -> Store:
    """The store of runs, of which this tab sees its account's where people sign in; opened once for all sessions.

    Every page has its runs, sweeps and searches from here, and its drafts from :func:`drafts`.

    Raises:
        StoreError: it cannot be opened.
        SignInError: this server asks for a sign-in, and nobody has signed in here.
    """
    return _open_store(store_url(), str(home_dir()))[0].for_account(_account())


def drafts() -> Drafts:
    """The drafts in the same store, of which this tab sees its account's; raises as :func:`store`."""
    return _open_store(store_url(), str(home_dir()))[1].for_account(_account())


def _account() -> str | None:
    who = identity()
    return None if who is None else who.account


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows an error of the user's on the page, in place of what raised it."""
    try:
        yield
    except BnnDesignerError as error:  # it may name what somebody else has typed
        st.error(escape_markdown(str(error)), icon="⚠️")


# ---- the draft and the run


def current_draft() -> Draft | None:
    """The draft of this tab; None where there is none, with a message where its id is unknown.

    Raises:
        StoreFault: the store cannot be read now; the tab goes on looking at the draft.
    """
    draft_id = current("draft")
    if draft_id is None:
        return None
    try:
        return drafts().get(draft_id)
    except StoreFault:
        raise
    except BnnDesignerError as error:
        notify(str(error), "warning")
        set_current("draft", None)
        set_current("block", None)
        return None


def current_run() -> RunRecord | None:
    """The run of this tab; None where there is none, with a message where its id is unknown.

    Raises:
        StoreFault: the store cannot be read now; the tab goes on looking at the run.
    """
    run_id = current("run")
    if run_id is None:
        return None
    try:
        return store().run(run_id)
    except StoreFault:
        raise
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
    mine = notes()
    if mine.selection is None:
        linked = current("block")
        mine.selection = (linked,) if linked else ()
    known = {block.id for _, block in walk(design.blocks)}
    chosen = tuple(block_id for block_id in mine.selection if block_id in known)
    first = next(iter(chosen), None)
    if st.query_params.get("block") != first:
        set_current("block", first)
    return chosen


def selected_block(design: Design) -> str | None:
    """The selected block, or the first of several; None where none is."""
    return next(iter(selected_blocks(design)), None)


def select(block_ids: tuple[str, ...], by_canvas: bool = False) -> None:
    """Selects blocks. The canvas is told, unless it is what selected them."""
    mine = notes()
    mine.selection = block_ids
    if not by_canvas:
        mine.selection_version += 1
    set_current("block", block_ids[0] if block_ids else None)


def select_row(table: str, block_ids: Sequence[str]) -> None:
    """Selects the block whose row was pressed in a table; for its ``on_select``.

    Args:
        table: the key of the table.
        block_ids: the block of each row.
    """
    rows = st.session_state[table]["selection"]["rows"]
    if rows and rows[0] < len(block_ids):
        select((block_ids[rows[0]],))


# ---- messages that outlive the run of the page in which they arise


def notify(text: str, level: Level = "error") -> None:
    """Keeps a message until :func:`show_notices` shows it, as it stands: what is in it is no Markdown."""
    notes().notices.append((level, text))


def last_notice() -> str:
    """Takes the newest message off the list, to be shown elsewhere; "" where there is none."""
    waiting = notes().notices
    return waiting.pop()[1] if waiting else ""


def show_notices() -> None:
    """Shows and forgets the messages of the last action."""
    waiting = notes().notices
    while waiting:
        level, text = waiting[0]
        {"error": st.error, "warning": st.warning, "success": st.success}[level](escape_markdown(text))
        waiting.pop(0)  # not before it is shown: the run may end there, and the next one shows it


@contextmanager
def reported() -> Iterator[None]:
    try:
        yield
    except BnnDesignerError as error:
        notify(str(error))
