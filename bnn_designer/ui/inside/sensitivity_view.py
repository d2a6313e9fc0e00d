"""Each binary layer back to floats, one at a time: what its binarization costs as the network is."""

from __future__ import annotations

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inspection.job import sensitivity_job
from bnn_designer.inspection.origin import is_other
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.sensitivity_report import Sensitivity, read_sensitivity
from bnn_designer.measuring.machine import holder
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.ui.inside.figures import sensitivity_rows
from bnn_designer.ui.inside.layer_choice import PLOT
from bnn_designer.ui.inside.sensitivity_chart import sensitivity_chart
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.job_view import begin, draw_failure
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import time_text

_WHAT = (
    "One layer at a time computes with floats in place of signs, all others as they are; nothing is trained anew. "
    "Inputs are divided by their mean magnitude, and each filter's latent weights by theirs, so that the sums stay as "
    "large as the batch norm knows them. **This is not what the network would reach if that layer had been trained in "
    "float**: it has learned to live with these signs, and may well lose without them. To know that, train the "
    "variant. With *norms anew* the batch norms behind the layer take their statistics from training images with the "
    "change: what that gains was lost to norms that know other sums, not to the floats."
)


def draw_sensitivity(run: RunRecord, found: Found) -> None:
    """The chart, or the button that makes it."""
    st.caption(_WHAT)
    job = sensitivity_job(state.store(), run.id)
    there: Sensitivity | None = None
    try:
        there = read_sensitivity(state.store(), run.id)
    except BnnDesignerError as error:
        st.warning(escape_markdown(str(error)))
    if holder() is None:
        draw_failure(job, job.read())
        st.button(
            "Try the layers" if there is None else "Try the layers again",
            key=f"sensitivity_{run.id}",
            type="primary" if there is None else "secondary",
            help="The same as `bnn-designer inspect --sensitivity`. Up to three passes of 1,000 images a binary layer: "
            "a minute for a small network, several for a large one, in a process of its own.",
            on_click=begin,
            args=(lambda: sensitivity_job(state.store(), run.id),),
        )
    if there is not None:
        _draw(run, found, there)


def _draw(run: RunRecord, found: Found, there: Sensitivity) -> None:
    if not there.layers:
        st.info("No layer of this network is binary.")
        return
    if is_other(found.inside, there.epoch_file, there.weights_mark):
        st.warning("This is of other weights than those that were looked into. Try the layers again.")
    st.plotly_chart(sensitivity_chart(there), key=f"sensitivity_chart_{run.id}", config=PLOT)
    st.caption(
        f"Above 0: floats in this layer would help, so its signs cost that much; below 0: floats do harm. "
        f"{there.right:,} of {there.images:,} images are right as it is. The thin lines are one standard error to "
        f"both sides: what is within two of them may be chance. Tried {time_text(as_time(there.made_at))}."
    )
    st.dataframe(sensitivity_rows(there), hide_index=True, key=f"sensitivity_rows_{run.id}")
