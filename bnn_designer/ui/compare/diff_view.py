"""The Compare page's second half: two designs side by side, what changed and what it costs."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from bnn_designer.compare import diff
from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.compare_tables import block_table, totals_table
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import time_text

_PRESET, _DRAFT = "preset:", "draft:"


def draw_diff(draft: Draft | None) -> None:
    """Two choices, and what is between them."""
    options = {
        f"{_DRAFT}{item.id}": f"{item.name} · {time_text(item.updated_at)}" for item in state.drafts().recent(50)
    }
    if draft is not None:
        options.setdefault(f"{_DRAFT}{draft.id}", draft.design.name)
    options |= {f"{_PRESET}{name}": f"{name} (preset)" for name in PRESETS}
    names = list(options)
    left, right = st.columns(2, gap="large")
    with left:
        first = st.selectbox(
            "First design",
            names,
            index=names.index(f"{_DRAFT}{draft.id}") if draft else None,
            format_func=lambda name: options[name],
            key="diff_first",
            placeholder="Choose a draft or a preset",
        )
    with right:
        second = st.selectbox(
            "Second design",
            names,
            index=None,
            format_func=lambda name: options[name],
            key="diff_second",
            placeholder="Choose a draft or a preset",
        )
    if first is None or second is None:
        st.caption("Choose two designs: another draft, or the preset that yours started from.")
        return
    _draw_difference(_design(first), _design(second))


def _design(option: str) -> Design:
    if option.startswith(_PRESET):
        return preset(option.removeprefix(_PRESET))
    return state.drafts().get(option.removeprefix(_DRAFT)).design


def _draw_difference(first: Design, second: Design) -> None:
    found = diff(first, second)
    if found.same:
        st.success("The designs differ only in ids and labels.")
    for change in found.design_changes:
        st.markdown(escape_markdown(f"{change.field}: {change.before} to {change.after}"))
    st.markdown("**Totals**")
    st.dataframe(totals_table(found), hide_index=True, key="diff_totals")
    changed = sum(bool(block.states) for block in found.blocks)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{changed} of {len(found.blocks)} blocks differ**")
        only_changed = st.toggle("Only blocks that changed or cost more or less", value=True, key="diff_only_changed")
    st.caption("Costs are differences: second minus first, of the block itself without those inside it.")
    table = block_table(found, only_changed)
    height: int | Literal["content"] = "content" if len(table) <= 20 else 560
    st.dataframe(table, hide_index=True, key="diff_blocks", height=height, placeholder="")
