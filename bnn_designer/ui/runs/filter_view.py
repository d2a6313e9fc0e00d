"""The filter above the list of runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.runs.filtering import FACETS, RunFilter, values_of
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.runs import selection
from bnn_designer.ui.shared.controlled import controlled_key, when_current

_LABELS = {"status": "Status", "tag": "Tags", "data": "Data", "engine": "Engine", "recipe": "Recipe", "sweep": "Sweep"}
_SEEN = ("status", "tag")


def draw_filter(runs: Sequence[RunRecord], chosen: RunFilter) -> None:
    """Words, status and tags; the rest behind a button that says how much of it is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_filter"):
        key = controlled_key("runs_words", chosen.words)
        st.text_input(
            "Find",
            value=chosen.words,
            key=key,
            width=300,
            placeholder="Words in name, tags, note or id",
            on_change=when_current(key, selection.filter_words),
        )
        for facet in _SEEN:
            _draw_facet(runs, facet, width=260)
        hidden = [facet for facet in FACETS if facet not in _SEEN]
        count = sum(len(selection.facet_values(facet)) for facet in hidden)
        with st.popover(f"More filters ({count})" if count else "More filters"):
            for facet in hidden:
                _draw_facet(runs, facet, width=420)
        if chosen:
            st.button("Clear filter", key="clear_filter", on_click=selection.clear_filter)


def _draw_facet(runs: Sequence[RunRecord], facet: str, width: int) -> None:
    now = list(selection.facet_values(facet))
    # a link may name what no run has any more
    options = list(dict.fromkeys((*values_of(runs, facet), *now)))
    key = controlled_key(f"runs_{facet}", now)
    st.multiselect(
        _LABELS[facet],
        options,
        default=now,
        key=key,
        width=width,
        placeholder="any" if options else "none in use",
        on_change=when_current(key, lambda values: selection.filter_facet(facet, values)),
    )
