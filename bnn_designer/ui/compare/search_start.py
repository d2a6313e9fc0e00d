"""How a search is started, which takes a terminal: the command, with the design at hand and what it takes as it is."""

from __future__ import annotations

import shlex

import streamlit as st

from bnn_designer.compare import Unknown
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.known import known
from bnn_designer.ui.shared.design_file import file_name

#: A budget for where no design, or no RAM of it, is at hand; RAM is budgeted in whole KiB.
_BUDGET_BYTES, _KIB = 65_536, 1024


def draw_start(draft: Draft | None) -> None:
    """What a search is, and the command; with a draft its file, and a budget of no more RAM than it takes now."""
    st.markdown(
        "A search varies widths, depths, precisions and shortcuts of a design. What is over the budget is never "
        "trained; the rest is trained one by one. It runs in a terminal on this server, needs Optuna "
        "(`pip install 'bnn-designer[search]'`), and is shown here while it runs and afterwards."
    )
    name, budget_bytes = "net.json", float(_BUDGET_BYTES)
    if draft is not None:
        name, arena_bytes = file_name(draft.design), known(draft.design).totals["arena_bytes"]
        budget_bytes = budget_bytes if isinstance(arena_bytes, Unknown) else arena_bytes
    kib = -(-budget_bytes // _KIB)
    st.code(f"bnn-designer search {shlex.quote(name)} --budget-ram {kib:.0f}KiB --hours 2 --epochs 10", language=None)
    if draft is not None:
        st.download_button(
            f"Download {name}",
            data=draft.design.to_json(),
            file_name=name,
            mime="application/json",
            key="search_download",
            on_click="ignore",
        )
    st.caption("The same command again goes on where it stopped; `bnn-designer search --help` has all budgets.")
