"""Where the design fits, how long it takes there, and budgets of one's own with the layers to blame."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost import CostReport, NotDeployable
from bnn_designer.cost.budget import Budget, BudgetResult, hold, parse_bytes
from bnn_designer.cost.devices.fit import NOT_COUNTED
from bnn_designer.cost.latency.calibration import THIS_MACHINE
from bnn_designer.cost.latency.devices import Latency, latencies
from bnn_designer.cost.latency.formula import latency_formulas
from bnn_designer.cost.latency.model import Estimate, work
from bnn_designer.errors import BnnDesignerError
from bnn_designer.ui.design.device_frame import device_frame
from bnn_designer.ui.shared.formula_view import formula_button
from bnn_designer.ui.shared.job_view import draw_calibration
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import UNKNOWN, bytes_text, ms_text, percent_text


def draw_devices(report: CostReport) -> None:
    """Budgets, latencies and the catalogue; a design that cannot be deployed has none of them, and says why."""
    if isinstance(report.deployed, NotDeployable):
        first = report.deployed.reasons[0]
        st.warning(
            f"**Unsupported.** No deployed file, so nothing to say about devices: {escape_markdown(str(first))}.",
            icon="⚠️",
        )
        return
    _draw_budget(report)
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
        f"{escape_markdown(one.source[:1].upper() + one.source[1:])}."
    )
    if one.extrapolated:
        st.caption(f"⚠️ Extrapolated, so the error may be larger: {escape_markdown('; '.join(one.extrapolated))}.")
    if one.device == THIS_MACHINE:
        draw_calibration("devices", None)


def _draw_budget(report: CostReport) -> None:
    st.markdown("**Budget**")
    flash_column, ram_column, _ = st.columns([1, 1, 2])
    with flash_column:
        flash = st.text_input("Flash", key="budget_flash", placeholder="such as 1 MiB", help="For the deployed file.")
    with ram_column:
        ram = st.text_input("RAM", key="budget_ram", placeholder="such as 256 KiB", help="For the arena.")
    try:
        budget = Budget(parse_bytes(flash) if flash.strip() else None, parse_bytes(ram) if ram.strip() else None)
        if budget.flash_bytes is not None or budget.ram_bytes is not None:
            _draw_result(hold(report.deployed, report.timeline, budget))
    except BnnDesignerError as error:
        st.error(escape_markdown(str(error)), icon="⚠️")


def _draw_result(result: BudgetResult) -> None:
    if not result.exceeded:
        st.success(
            f"Within the budget: the file takes {bytes_text(result.file_bytes)}, "
            f"the arena {bytes_text(result.arena_bytes)}."
        )
        return
    if result.flash_over_bytes:
        st.error(
            f"The file takes {bytes_text(result.file_bytes)}, {bytes_text(result.flash_over_bytes)} more than "
            f"the flash. Most is in {_names([(one.path, one.size_bytes) for one in result.flash_blame])}.",
            icon="⚠️",
        )
    if result.ram_over_bytes:
        moments = [(f"{one.path} at {one.name}", one.live_bytes) for one in result.ram_blame]
        why = "Only the planner's gaps exceed it; the peak is" if result.only_gaps_exceed else "To blame:"
        st.error(
            f"The arena takes {bytes_text(result.arena_bytes)}, {bytes_text(result.ram_over_bytes)} more than the RAM."
            f" {why} {_names(moments)}.",
            icon="⚠️",
        )


def _names(blamed: list[tuple[str, int]], most: int = 5) -> str:
    """``conv_1`` (1.5 MiB) and the like; the first few."""
    shown = ", ".join(f"{escape_markdown(name)} ({bytes_text(size)})" for name, size in blamed[:most])
    return f"{shown} and {len(blamed) - most} more" if len(blamed) > most else shown
