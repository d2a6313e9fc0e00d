"""Deleting runs on the page: the undo right after it, and the list of what can still be restored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.database import KEEP_DELETED_DAYS, RunDeleted
from bnn_designer.runs.deleting import delete_run, folder_bytes, remove_deleted, restore_run
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.runs import selection
from bnn_designer.ui.runs.run_label import run_label
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import bytes_text, counted, time_text

_UNDO = "runs.undo"


def delete(run_ids: Sequence[str]) -> None:
    """Deletes runs, which can be undone; one that cannot be is said, and the others are deleted."""
    done: list[str] = []
    for run_id in run_ids:
        with state.reported():
            delete_run(state.store(), run_id)
            done.append(run_id)
            if tab.current("run") == run_id:
                tab.set_current("run", None)
    st.session_state[_UNDO] = done
    selection.choose_runs(one for one in selection.chosen_runs() if one not in done)


def draw_undo(deleted: Sequence[RunRecord]) -> None:
    """Offers to undo the last deletion of this tab, as long as it can be."""
    last = [run for run in deleted if run.id in st.session_state.get(_UNDO, ())]
    if not last:
        return
    what = f"Run {run_label(last[0])} is deleted." if len(last) == 1 else f"{len(last)} runs are deleted."
    with st.container(horizontal=True, vertical_alignment="center", key="undo_delete"):
        st.markdown(escape_markdown(what))
        st.button("Undo", key="undo", on_click=_restore, args=([run.id for run in last],))


def draw_deleted(deleted: Sequence[RunRecord]) -> None:
    """What was deleted, with its size on the disk, to be restored or removed for good."""
    if not deleted:
        return
    with st.expander(f"Recently deleted ({len(deleted)})", key="runs_deleted"):
        st.caption(f"They can be restored for {KEEP_DELETED_DAYS} days and take their place on the disk until then.")
        sizes = {run.id: folder_bytes(state.store(), run.id) for run in deleted}
        for run in deleted:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "Restore", key=f"restore_{run.id}", help=f"Restore {run.id}", on_click=_restore, args=([run.id],)
                )
                said = f"{run_label(run)} · deleted {time_text(run.deleted_at)} · {bytes_text(sizes[run.id])}"
                st.markdown(escape_markdown(said))
        with st.popover(f"Free {bytes_text(sum(sizes.values()))} now"):
            count = "this run" if len(deleted) == 1 else f"these {len(deleted)} runs"
            st.markdown(f"Remove {count} for good, with curves and weights? This cannot be undone.")
            st.button("Remove for good", key="remove_deleted", on_click=_remove)


def draw_missing(known: Iterable[str]) -> None:
    """Says which chosen runs are not there: deleted in another tab, or never in this store."""
    there = set(known)
    missing = [run_id for run_id in selection.chosen_runs() if run_id not in there]
    deleted = []
    for run_id in missing:
        try:
            state.store().run(run_id)
        except RunDeleted as error:
            deleted.append(run_id)
            st.warning(escape_markdown(str(error)))
        except BnnDesignerError as error:
            st.warning(escape_markdown(str(error)))
    if missing:
        with st.container(horizontal=True):
            if deleted:
                st.button("Restore", key="restore_missing", on_click=_restore, args=(deleted,))
            st.button("Leave out", key="leave_out", on_click=_keep(there))


def _keep(there: set[str]) -> Callable[[], None]:
    return lambda: selection.choose_runs(one for one in selection.chosen_runs() if one in there)


def _restore(run_ids: Sequence[str]) -> None:
    with state.reported():
        for run_id in run_ids:
            restore_run(state.store(), run_id)


def _remove() -> None:
    with state.reported():
        count, freed = remove_deleted(state.store())
        state.notify(f"{counted(count, 'deleted run')} removed for good: {bytes_text(freed)} free again.", "success")
