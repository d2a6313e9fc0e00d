"""The epochs of runs, read from the store once a session for runs that have ended."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.runs.curves import epoch_counts, epochs_of
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.events import EpochEnd
from bnn_designer.ui.shared import state


def epochs_of_runs(runs: Sequence[RunRecord]) -> dict[str, tuple[EpochEnd, ...]]:
    """The finished epochs of each run, by its id."""
    kept: dict[str, tuple[EpochEnd, ...]] = st.session_state.setdefault("runs.epochs", {})
    missing = [run for run in runs if _attempt(run) not in kept]
    found = epochs_of(state.store(), [run.id for run in missing]) if missing else {}
    kept.update({_attempt(run): found[run.id] for run in missing if run.ended})
    return {run.id: found[run.id] if run.id in found else kept[_attempt(run)] for run in runs}


def epoch_counts_of(runs: Sequence[RunRecord]) -> dict[str, int]:
    """How many epochs each run has finished, by its id."""
    kept: dict[str, int] = st.session_state.setdefault("runs.epoch_counts", {})
    missing = [run for run in runs if _attempt(run) not in kept]
    found = epoch_counts(state.store(), [run.id for run in missing]) if missing else {}
    kept.update({_attempt(run): found[run.id] for run in missing if run.ended})
    return {run.id: found[run.id] if run.id in found else kept[_attempt(run)] for run in runs}


def _attempt(run: RunRecord) -> str:
    """One that was resumed or extended since ended another time."""
    return f"{run.id} {run.finished_at}"
