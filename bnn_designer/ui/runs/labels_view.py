"""Tags and the note of one run, below its row."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.runs.labels import MAX_NOTE_CHARS, MAX_TAG_CHARS, MAX_TAGS, known_tags, set_labels
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.choices import choice, choose

_PARAMETER = "labels"


def labelled_run() -> str | None:
    """The id of the run whose tags and note are being written, as the address has it."""
    return choice(_PARAMETER, "") or None


def write_labels(run_id: str | None) -> None:
    """Opens the form for a run; None closes it."""
    choose(_PARAMETER, run_id or "")


def draw_labels(run: RunRecord, runs: Sequence[RunRecord]) -> None:
    """The form: nothing is kept before Save."""
    with st.container(border=True, key="run_labels"):
        tags_key, note_key = f"tags_{run.id}", f"note_{run.id}"
        st.multiselect(
            "Tags",
            list(dict.fromkeys((*known_tags(runs), *run.tags))),
            default=list(run.tags),
            key=tags_key,
            accept_new_options=True,
            placeholder="Choose tags, or type a new one",
            help=f"At most {MAX_TAGS}, of at most {MAX_TAG_CHARS} characters each.",
        )
        st.text_area("Note", value=run.note, key=note_key, max_chars=MAX_NOTE_CHARS)
        with st.container(horizontal=True):
            st.button("Save", key="save_labels", type="primary", on_click=_save, args=(run.id, tags_key, note_key))
            st.button("Close", key="close_labels", on_click=write_labels, args=(None,))


def _save(run_id: str, tags_key: str, note_key: str) -> None:
    tags, note = list(st.session_state[tags_key]), str(st.session_state[note_key])
    kept = False
    with state.reported():
        set_labels(state.store(), run_id, tags, note)
        kept = True
    if kept:
        write_labels(None)
