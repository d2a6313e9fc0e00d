"""The last accuracies of training runs, for the Compare page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.training.events import EpochEnd
from bnn_designer.ui.shared import state


def final_accuracies(run_ids: Sequence[str]) -> dict[str, float | None]:
    """The validation accuracy of each run's last epoch; those of runs that are done are read once a session."""
    kept: dict[str, float | None] = st.session_state.setdefault("compare.final", {})
    found: dict[str, float | None] = {}
    for run_id in run_ids:
        if run_id not in kept:
            epochs = [one.event for one in state.store().events(run_id) if isinstance(one.event, EpochEnd)]
            found[run_id] = epochs[-1].val_accuracy if epochs else None
            if state.store().run(run_id).status == "done":
                kept[run_id] = found[run_id]
        else:
            found[run_id] = kept[run_id]
    return found
