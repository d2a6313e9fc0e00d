"""The scoreboard of the budget puzzle."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from bnn_designer.classroom import scores
from bnn_designer.lessons.budget_puzzle import FLASH_BYTES, RAM_BYTES, front
from bnn_designer.lessons.what_it_costs import DEVICE_COST
from bnn_designer.runs.classes import Member
from bnn_designer.units import bytes_text


def draw_puzzle(members: Sequence[Member]) -> None:
    """How much of the puzzle's front each member has found, and how many found each choice."""
    if not any(member.puzzle for member in members):
        st.info(
            f"Nobody has kept a choice yet. The puzzle is at the end of the lesson “{DEVICE_COST.title}”: fit a small "
            f"network into {bytes_text(FLASH_BYTES)} of flash and {bytes_text(RAM_BYTES)} of RAM."
        )
        return
    all_choices = _choices_on_front()
    rows = [
        {
            "Place": one.place,
            "Member": one.nickname,
            "Found on the front": f"{one.found} of {all_choices}",
            "Choices kept": one.kept,
        }
        for one in scores(members)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="class_scores", width=640)
    st.caption(
        "The choices on the front fit the budget, and no other one that fits keeps more. Who found most of them is "
        "first; of those, who kept fewest others."
    )


@st.cache_resource(show_spinner="Pricing every choice of the puzzle.")
def _choices_on_front() -> int:
    return len(front())
