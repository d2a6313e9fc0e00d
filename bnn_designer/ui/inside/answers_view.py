"""The answers: what was taken for what, the worst mistakes, and how sure the network is."""

from __future__ import annotations

import streamlit as st

from bnn_designer.inspection.report import Found
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.inside.charts import reliability_chart
from bnn_designer.ui.inside.confusion_chart import confusion_chart
from bnn_designer.ui.inside.figures import confused_text
from bnn_designer.ui.inside.layer_choice import PLOT
from bnn_designer.ui.inside.pictures import mistakes_html
from bnn_designer.ui.shared.look import escape_markdown


def draw_answers(run: RunRecord, found: Found) -> None:
    """The confusion matrix, the calibration and the mistakes."""
    inside = found.inside
    confusion, calibration = st.columns([3, 2], gap="large")
    with confusion:
        st.markdown("**Confusion matrix**")
        st.plotly_chart(
            confusion_chart(found.arrays["confusion"], inside.class_names), key=f"confusion_{run.id}", config=PLOT
        )
        if text := confused_text(found):
            st.caption(escape_markdown(f"Most often: {text}."))
    with calibration:
        st.markdown("**Calibration**")
        st.plotly_chart(reliability_chart(inside.reliability), key=f"reliability_{run.id}", config=PLOT)
        st.caption(
            f"Expected calibration error **{inside.ece:.3f}**: how far the share that is right lies from the "
            "probability that the network gives, in ten bins, weighted by their images (Guo et al., arXiv 1706.04599, "
            "equation 3). A bar above the line: the network is right more often than it says; below it: less often."
        )
    st.markdown("**Worst mistakes**, the surest first")
    if inside.mistakes:
        st.html(mistakes_html(inside, found.arrays["mistakes"]))
    else:
        st.caption("None: every one of these images gets the right class.")
