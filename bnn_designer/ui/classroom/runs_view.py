"""The runs of the class on the plane of size and accuracy, and the same as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from bnn_designer.classroom import Board, Entry, boards
from bnn_designer.compare import Unknown
from bnn_designer.runs.classes import ClassRecord
from bnn_designer.runs.classes.runs import runs_of_class
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.classroom.board_chart import board_chart
from bnn_designer.ui.classroom.runs_html import runs_html
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.charts import ink_of
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted

#: In the address: the data set of the board.
_DATA = "class_data"
_WAYS = "The name of a network opens it as a draft of yours."
_APART = (
    "Runs without a link are of other accounts: this page has their figures and networks, and what is inside is "
    "their own's to see."
)


def draw_runs(record: ClassRecord) -> None:
    """The board of one data set; which one can be chosen where there are several."""
    runs = runs_of_class(state.store(), record)
    found = {board.data: board for board in boards(runs)}
    if not found:
        given = "" if record.design_json is None else " Runs of the class's network are shown as well."
        st.info(
            f"No run yet. What members train from the Train page comes here by itself, under their nicknames.{given}"
        )
        return
    default = next(iter(found))
    data = choice(_DATA, default, found)
    if len(found) > 1:
        names = {name: f"{name} ({counted(len(board.entries), 'run')})" for name, board in found.items()}
        draw_select(
            "Data", _DATA, data, names, default, key="class_data", width=300, help="Accuracies on one data set compare."
        )
    _draw_board(found[data], {run.id: run for run, _ in runs})


def _draw_board(board: Board, runs: Mapping[str, RunRecord]) -> None:
    placed = [entry for entry in board.entries if entry.point is not None]
    if placed:
        chart = board_chart(placed, ink_of(st.context.theme.type))
        st.plotly_chart(chart, key="class_board", config={"displaylogo": False})
        front = ", ".join(f"{entry.who} ({entry.name})" for entry in placed if entry.on_front)
        st.markdown(f"**On the Pareto front:** {escape_markdown(front)}")
        st.caption(
            f"Runs on {escape_markdown(board.data)}. No run on the front is beaten by another one in both the size of "
            "the deployed file and the validation accuracy of the best epoch so far."
        )
    else:
        st.info("No epoch has ended yet: a run comes onto the plane with its first validation.")
    store = state.store()
    mine = {run.id for run in runs.values() if store.has(run)}
    st.html(runs_html(board.entries, runs, mine))
    st.caption(_WAYS if mine.issuperset(entry.run_id for entry in board.entries) else f"{_WAYS} {_APART}")
    for reason in _reasons(board.entries):
        st.caption(escape_markdown(f"Without a file: {reason}"))


def _reasons(entries: Sequence[Entry]) -> list[str]:
    """Why runs have no size, each reason once."""
    found = {
        f"{entry.name}: {entry.file_bytes.reason}": None for entry in entries if isinstance(entry.file_bytes, Unknown)
    }
    return list(found)
