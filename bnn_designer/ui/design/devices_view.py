"""Where the design fits, and how long it takes there."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost import CostReport, NotDeployable
from bnn_designer.cost.devices.fit import NOT_COUNTED
from bnn_designer.cost.latency.calibration import THIS_MACHINE
from bnn_designer.cost.latency.devices import Latency, latencies
from bnn_designer.cost.latency.formula import latency_formulas
from bnn_designer.cost.latency.model import Estimate, work
from bnn_designer.ui.design.device_frame import device_frame
from bnn_designer.ui.shared.formula_view import formula_button
from bnn_designer.ui.shared.job_view import draw_calibration
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import UNKNOWN, ms_text, percent_text, sentence


def draw_devices(report: CostReport) -> None:
    """Latencies and the catalogue; a design that cannot be deployed has none of them, and says why."""
    if isinstance(report.deployed, NotDeployable):
        first = report.deployed.reasons[0]
        st.warning(
            f"**Unsupported.** No deployed file, so nothing to say about devices: {escape_markdown(str(first))}.",
            icon="⚠️",
        )
        return
    program = report.deployed.program
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Latency of one image, one thread**")
        formula_button("latency", lambda: tuple(latency_formulas(work(program)).values()), "the latencies")
    st.caption(
        "Estimated by a model of the deployed work, fitted to published latencies, and on this machine to measured "
        "ones; always shown with its error."
    )
    found = latencies(report.deployed)
    for column, one in zip(st.columns(len(found), border=True), found, strict=True):
        with column:
            _draw_latency(one)
    st.markdown("**Devices**")
    st.caption(f"The file must fit in flash, the arena in RAM. {NOT_COUNTED}")
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        device_frame(report.deployed),
        hide_index=True,
        key="device_table",
        column_config=dict.fromkeys(("flash KiB", "RAM KiB"), number),
        placeholder=UNKNOWN,
    )


def _draw_latency(one: Latency) -> None:
    if not isinstance(one, Estimate):
        st.metric(one.device, one.state)
        if one.state == "not calibrated":
            draw_calibration("devices", one)
        else:
            st.caption(escape_markdown(one.reason))
        return
    st.metric(
        one.device, ms_text(one.ms, 2), f"± {percent_text(one.mean_error, 0)}", delta_color="off", delta_arrow="off"
    )
    st.caption(
        f"Mean error over {one.samples} held-out networks; the worst is {percent_text(one.max_error, 0)}. "
        f"{escape_markdown(sentence(one.source))}."
    )
    if one.extrapolated:
        st.caption(f"⚠️ Extrapolated, so the error may be larger: {escape_markdown('; '.join(one.extrapolated))}.")
    if one.device == THIS_MACHINE:
        draw_calibration("devices", None)
