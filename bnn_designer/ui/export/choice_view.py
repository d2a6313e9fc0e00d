"""The two choices of the Export page: the network, and the target."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.export import TARGETS
from bnn_designer.export.job import read_kept
from bnn_designer.export.source import Source
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.ui.export.networks import (
    Network,
    design_key,
    design_text,
    of_draft,
    of_run,
    run_key,
    run_text,
    why_not,
)
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.choices import choice, choose
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import sentence, time_text

_DRAFTS = 50
_DEFAULT_TARGET = next(iter(TARGETS))


def chosen_network() -> tuple[Network | None, str]:
    """What the address names: a run that can be exported, or else the open design; and why a named run cannot be.

    Raises:
        DesignError: the design of a run cannot be read any more.
    """
    draft, run = state.current_draft(), state.current_run()
    wanted, store = choice("of", "", ("run", "design")), state.store()
    if run is not None and wanted != "design":
        reason = why_not(store, run)
        if not reason:
            return of_run(store, run), ""
        if wanted == "run":
            return None, reason
    if draft is not None and wanted != "run":
        return of_draft(store, draft), ""
    return None, ""


def draw_network(found: Network | None, runs: Sequence[RunRecord]) -> bool:
    """The list of runs and designs; False where there is neither.

    Args:
        found: what is chosen.
        runs: those that can be exported.
    """
    options = {run_key(run.id): run_text(run) for run in runs}
    options |= {design_key(one.id): design_text(one.name, one.id) for one in state.drafts().recent(_DRAFTS)}
    if found is not None:
        options.setdefault(found.key, found.name)
    if not options:
        return False
    chosen = found.key if found is not None else None
    key = controlled_key("export.network", chosen)
    st.selectbox(
        "Network",
        list(options),
        index=list(options).index(chosen) if chosen is not None else None,
        format_func=lambda one: options[one],
        key=key,
        width=620,
        placeholder="Choose a run or a design",
        help="Runs have trained weights: those of their last checkpoint are exported.",
        on_change=when_current(key, choose_network),
    )
    return True


def choose_network(key: str | None) -> None:
    """Exports something else from now on; for the list, and for a button that names a run."""
    kind, _, name = (key or "").partition(":")
    choose("of", kind)
    if kind == "run":
        tab.set_current("run", name)
    elif kind == "design":
        drafting.open_draft(name)


def draw_targets(source: Source | None) -> str:
    """Every target with a line on who loads it, and when the network was exported to it; the name of the chosen one."""
    name = choice("to", _DEFAULT_TARGET, TARGETS)
    key = controlled_key("export.target", name)
    st.radio(
        "Export to",
        list(TARGETS),
        index=list(TARGETS).index(name),
        format_func=lambda one: f"**{escape_markdown(sentence(TARGETS[one].title))}** :gray[{one}]",
        captions=[_caption(one, source) for one in TARGETS],
        key=key,
        on_change=when_current(key, _choose_target),
    )
    return name


def _choose_target(name: str) -> None:
    choose("to", name, _DEFAULT_TARGET)


def _caption(name: str, source: Source | None) -> str:
    kept = None if source is None else read_kept(source, name)
    done = "" if kept is None else f" **Exported {time_text(as_time(kept.exported_at))}.**"
    return escape_markdown(TARGETS[name].receiver) + done
