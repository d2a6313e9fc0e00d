"""How a search is started: by the form, or by the command, with the design at hand and what it takes as it is."""

from __future__ import annotations

import shlex

import streamlit as st

from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.search_form import draw_form, own_ram_kib
from bnn_designer.ui.shared.design_file import file_name
from bnn_designer.ui.shared.draft_choice import draw_choice

#: A budget for where no design, or no RAM of it, is at hand.
_BUDGET_KIB = 64


def draw_start(draft: Draft | None) -> None:
    """What a search is, the form where a draft is chosen, and the command for a terminal."""
    st.markdown(
        "A search varies widths, depths, precisions and shortcuts of a design. What is over the budget is never "
        "trained; the rest is trained one by one, and what is clearly behind is cancelled. It runs on this server, in "
        "a process of its own."
    )
    draw_choice(draft)
    if draft is not None:
        draw_form(draft)
    with st.expander("In a terminal", key="search_terminal"):
        _draw_command(draft)


def _draw_command(draft: Draft | None) -> None:
    name, kib = "net.json", None
    if draft is not None:
        name, kib = file_name(draft.design), own_ram_kib(draft)
    budget = f"--budget-ram {kib or _BUDGET_KIB}KiB"
    st.code(f"bnn-designer search {shlex.quote(name)} {budget} --hours 2 --epochs 10", language=None)
    if draft is not None:
        st.download_button(
            f"Download {name}",
            data=draft.design.to_json(),
            file_name=name,
            mime="application/json",
            key="search_download",
            on_click="ignore",
        )
    st.caption(
        "Shown here as well, while it runs and afterwards. The same command again goes on where it stopped; "
        "`bnn-designer search --help` has all budgets."
    )
