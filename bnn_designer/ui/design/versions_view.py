"""Named versions of a draft: kept, compared with what it is now, and brought back."""

from __future__ import annotations

import streamlit as st

from bnn_designer.compare.diff import diff
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft, Snapshot
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import time_text


def draw_versions(draft: Draft) -> None:
    """A popover with the versions, the newest first, and a field to keep the present one."""
    popover = st.popover(
        "Versions", help="Keep this state under a name, and come back to it.", key="versions", on_change="rerun"
    )
    if not popover.open:
        return
    with popover:
        st.text_input("Keep as", key="version_name", placeholder="such as: before the wider stage", max_chars=80)
        st.button("Keep this version", key="version_keep", on_click=_keep, args=(draft.id,), width="stretch")
        found = state.drafts().snapshots(draft.id)
        if not found:
            st.caption("None yet. Undo takes back single steps; a version is a place to return to.")
        for one in found:
            _draw_version(draft, one)


def _draw_version(draft: Draft, one: Snapshot) -> None:
    with st.container(border=True, gap="xxsmall", key=f"version_{one.id}"):
        st.markdown(f"**{escape_markdown(one.name)}**")
        text, changes = _difference(draft, one)
        when = f"{time_text(one.created_at)} · {one.blocks} block{'' if one.blocks == 1 else 's'}"
        st.caption(when if changes else f"{when} · {text}")
        if changes:
            _draw_comparison(draft, one, text)
        with st.container(horizontal=True):
            st.button("Restore", key=f"restore_{one.id}", on_click=_restore, args=(one.id,), help="Can be undone.")
            st.button("Delete", key=f"forget_{one.id}", on_click=_forget, args=(one.id,))


def _draw_comparison(draft: Draft, one: Snapshot, text: str) -> None:
    """A link to both on the Compare page, with the version as the reference."""
    designs = f"version:{one.id},draft:{draft.id}"  # as docs/comparing.md names them
    st.page_link(
        "pages/compare.py",
        label=text,
        icon=":material/compare_arrows:",
        query_params=tab.link_parameters() | {"part": "side-by-side", "designs": designs},
        help="Compare this version and the draft side by side.",
    )


def _difference(draft: Draft, one: Snapshot) -> tuple[str, bool]:
    """In a few words how far the draft is from it, and whether there is something to compare."""
    design = state.drafts().snapshot_design(one.id)
    if design == draft.design:
        return "as it is now", False
    found = diff(design, draft.design)
    changes = len(found.design_changes) + sum(bool(block.states) for block in found.blocks)
    if not changes:  # all that the comparison leaves out
        return "other labels than now", False
    return f"{changes} difference{'' if changes == 1 else 's'} to now", True


def _keep(draft_id: str) -> None:
    try:
        state.drafts().snapshot(draft_id, st.session_state["version_name"])
        st.session_state["version_name"] = ""
    except BnnDesignerError as error:
        state.notify(str(error))


def _forget(snapshot_id: str) -> None:
    with state.reported():
        state.drafts().delete_snapshot(snapshot_id)


def _restore(snapshot_id: str) -> None:
    drafting.change_draft(lambda _: state.drafts().snapshot_design(snapshot_id))
    state.select(())
