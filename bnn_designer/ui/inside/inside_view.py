"""The page: whose network it is, the button that looks inside, and the part that is open."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inspection.job import look_job, running_job
from bnn_designer.inspection.origin import is_stale, looked_at
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.report_file import read_found
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.ui.inside.answers_view import draw_answers
from bnn_designer.ui.inside.beside_view import draw_beside_choice, draw_column_head, found_beside
from bnn_designer.ui.inside.sensitivity_view import draw_sensitivity
from bnn_designer.ui.inside.signs_view import draw_signs, draw_sums
from bnn_designer.ui.inside.try_view import draw_try
from bnn_designer.ui.inside.weights_view import draw_weights
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.choice_widgets import draw_switch
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.job_view import begin, draw_failure, draw_running
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import percent_text, time_text

#: Draws one part of what was found in a run: the run, that, and what was found in the one beside it, or that again.
Draw = Callable[[RunRecord, Found, Found], None]


def _alike(draw: Callable[[RunRecord, Found], None]) -> Draw:
    """A part that is the same whatever stands beside it, as it has no layer to choose."""
    return lambda run, found, _: draw(run, found)


#: By their names in the address.
PARTS: dict[str, tuple[str, Draw]] = {
    "signs": ("What is binarized", draw_signs),
    "weights": ("Weights", draw_weights),
    "sums": ("Sums and thresholds", draw_sums),
    "answers": ("Answers", _alike(draw_answers)),
    "sensitivity": ("Sensitivity", _alike(draw_sensitivity)),
    "try": ("Try it", _alike(draw_try)),
}
_DEFAULT = "signs"


def draw_nothing() -> None:
    """The page before a run is chosen."""
    st.info("No run selected. Open a run that has ended and press Look inside there.")
    st.page_link("pages/runs.py", label="All runs", query_params=tab.link_parameters())


def draw_inside(run: RunRecord) -> None:
    """All that was found inside a run's network, or how to find it."""
    _draw_head(run)
    if not run.ended:
        st.info("This run has not ended. Its network can be looked into when it has.")
        return
    try:
        looked_at(state.store(), run.id)
    except BnnDesignerError as error:
        st.info(escape_markdown(str(error)))
        return
    with st.container():  # one element however much is in it, so that what stands below keeps its place and its state
        found = _draw_looking(run)
    if found is None:
        return
    other = draw_beside_choice(run)
    part = choice("part", _DEFAULT, PARTS)
    draw_switch("Part", "part", part, {name: title for name, (title, _) in PARTS.items()}, _DEFAULT, key="inside_part")
    draw = PARTS[part][1]
    beside = found_beside(other) if other is not None else None
    if other is None or beside is None:
        draw(run, found, found)
        return
    pair = ((run, found, beside), (other, beside, found))
    for column, (one, its, others) in zip(st.columns(2, gap="large"), pair, strict=True):
        with column:
            draw_column_head(one, its)
            draw(one, its, others)


def _draw_head(run: RunRecord) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="inside_head"):
        st.markdown(f"**{escape_markdown(run.name)}** :gray[run {run.id}]")
        st.page_link("pages/train.py", label="Its curves", query_params=tab.link_parameters() | {"run": run.id})


def _draw_looking(run: RunRecord) -> Found | None:
    """What was found, with the job that finds it: its progress, why it failed, and the button."""
    job = look_job(state.store(), run.id)
    busy = draw_running(running_job(state.store(), run.id) or job, "look")
    found: Found | None = None
    try:
        found = read_found(state.store(), run.id)
    except BnnDesignerError as error:
        st.warning(escape_markdown(str(error)))
    if not busy:
        draw_failure(job, job.read())
    if found is None:
        if not busy:
            st.markdown(
                "Shows the kernels, what is binarized and how evenly, dead channels, sums beside thresholds, and the "
                "answers on 1,000 test images."
            )
            _button("Look inside", run, primary=True)
            st.caption("Half a minute or so, in a process of its own; you may leave this page.")
        return None
    inside = found.inside
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{inside.right:,} of {inside.images:,} test images of {escape_markdown(inside.data)} get the right class: "
            f"**{percent_text(inside.accuracy)}**. Weights of the {inside.epoch_file} epoch; looked at "
            f"{time_text(as_time(inside.made_at))}."
        )
        if not busy:
            _button("Look again", run)
    if is_stale(state.store(), inside):
        st.warning("The run has been trained on since: this is inside its weights of before. Look again.")
    return found


def _button(label: str, run: RunRecord, primary: bool = False) -> None:
    st.button(
        label,
        key=f"look_{run.id}",
        type="primary" if primary else "secondary",
        help="The same as `bnn-designer inspect`. One at a time on this machine, as it would disturb measurements.",
        on_click=begin,
        args=(lambda: look_job(state.store(), run.id),),
    )
