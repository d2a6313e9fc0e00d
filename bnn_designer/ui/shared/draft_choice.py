"""The choice of a draft or a preset, for the pages that work on a design but do not edit it."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.units import time_text

_PRESET = "preset:"


def draw_choice(draft: Draft | None) -> None:
    """The list of drafts and presets; choosing a preset makes a draft of it."""
    names = {item.id: f"{item.name} · {time_text(item.updated_at)} · {item.id}" for item in state.drafts().recent(50)}
    if draft is not None:
        names.setdefault(draft.id, f"{draft.design.name} · {draft.id}")
    names |= {_PRESET + name: f"New draft of the preset {name}" for name in PRESETS}
    chosen = draft.id if draft else None
    key = controlled_key("train.design", chosen)
    st.selectbox(
        "Design",
        list(names),
        index=list(names).index(chosen) if chosen else None,
        format_func=lambda option: names[option],
        key=key,
        placeholder="Choose a draft or a preset",
        on_change=when_current(key, _choose),
    )


def _choose(chosen: str | None) -> None:
    if chosen is None:
        tab.set_current("draft", None)
    elif chosen.startswith(_PRESET):
        drafting.open_design(preset(chosen.removeprefix(_PRESET)))
    else:
        drafting.open_draft(chosen)
