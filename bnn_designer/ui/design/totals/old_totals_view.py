"""The totals of the design, by one of two conventions, each figure with its formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from bnn_designer.cost import CostReport, DeployedCost, DeployOptions, Formula
from bnn_designer.cost.partial import Figures
from bnn_designer.ui.shared.formula_view import formula_button
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import bit_size_text, by_bits_text, bytes_text, count_text, exact_text

#: The key of a figure, and what gives its formulas.
_Opened = tuple[str, Callable[[], tuple[Formula, ...]]]

_CONVENTIONS = {
    "Larq": "As larq.models.ModelProfile counts, for comparison with published figures.",
    "Deployed": "What Larq Compute Engine and TensorFlow Lite turn the design into.",
}
_DENSE = {"conv": "packed, as 1x1 convolutions", "float": "in float, as Keras layers are converted"}
_KERNELS = {"indirect": "read their input in place (indirect)", "default": "unfold their input first (default)"}


def draw_conventions() -> tuple[str, DeployOptions]:
    """The switch between the conventions, and how the design is deployed; both are kept for this tab."""
    with st.container(horizontal=True, vertical_alignment="center", key="conventions"):
        chosen = st.segmented_control(
            "Convention",
            list(_CONVENTIONS),
            default="Larq",
            required=True,
            key="convention",
            label_visibility="collapsed",
        )
        with st.popover("Deployment options", help="Choices that are not part of the design."):
            dense = st.radio("Binary dense layers run", list(_DENSE), format_func=_DENSE.get, key="deploy_dense")
            kernel = st.radio("Binary convolutions", list(_KERNELS), format_func=_KERNELS.get, key="deploy_kernel")
        st.caption(_CONVENTIONS[chosen or "Larq"])
    return chosen or "Larq", DeployOptions(dense or "conv", kernel or "indirect")


def draw_totals(known: Figures, convention: str) -> None:
    """The figures of the whole design; what cannot be known says why."""
    if convention == "Deployed":
        _draw_deployed(known)
    else:
        _draw_larq(known)


def _draw_larq(known: Figures) -> None:
    """By Larq's convention; where the design has an error, of the blocks before it, said to be so."""
    count, report = known.known, known.report
    so_far = "" if report else " so far"
    reason = f"Not computable: {known.error}" if known.error else ""
    columns = st.columns(4, border=True)
    if not known.layers:
        for column, label in zip(columns, ("Parameters", "Weight memory", "MACs", "Peak memory"), strict=True):
            _metric(column, label, "not computable", reason, "no block can be computed yet")
        return
    _metric(
        columns[0],
        f"Parameters{so_far}",
        count_text(count.params),
        f"{count.params:,} = {by_bits_text(count.params_by_bits, exact_text)}. Convention: larq.",
        by_bits_text(count.params_by_bits),
        _opened(report, "larq", "params"),
    )
    _metric(
        columns[1],
        f"Weight memory{so_far}",
        bit_size_text(count.memory_bits),
        f"{-(-count.memory_bits // 8):,} bytes: every weight at its own width.",
        f"{bytes_text(4 * count.params)} if all were float",
        _opened(report, "larq", "memory_bits"),
    )
    _metric(
        columns[2],
        f"MACs{so_far}",
        count_text(count.macs),
        f"{count.macs:,} = {by_bits_text(count.macs_by_bits, exact_text)}, for one image. Convention: larq.",
        by_bits_text(count.macs_by_bits),
        _opened(report, "larq", "macs"),
    )
    _draw_peak(columns[3], report, reason)


def _draw_peak(column: Any, report: CostReport | None, reason: str) -> None:
    if report is None:
        _metric(column, "Peak memory", "not computable", reason, "needs a complete network")
        return
    peak = report.timeline.peak
    note = f"at {peak.name}" if isinstance(report.deployed, DeployedCost) else f"at {peak.name}, if it could run"
    _metric(
        column,
        "Peak memory",
        bytes_text(peak.live_bytes),
        f"{peak.live_bytes:,} bytes: the largest sum of live tensors while one image is run, binary tensors in bits "
        "and shortcuts in full precision. No memory planner can do with less.",
        note,
        _opened(report, "deployed", "live_lower_bound_bytes"),
    )


def _draw_deployed(known: Figures) -> None:
    report = known.report
    if report is None:
        st.info(f"Not computable: {escape_markdown(str(known.error))}")
        return
    deployed = report.deployed
    if not isinstance(deployed, DeployedCost):
        first = deployed.reasons[0]
        st.warning(
            f"**Unsupported.** Larq Compute Engine cannot run this design, so there is no file and no arena: "
            f"{escape_markdown(str(first))}. The Deployment view lists all {len(deployed.reasons)} reasons.",
            icon="⚠️",
        )
        return
    figures = (
        ("File", deployed.file_bytes, "file_bytes", "the .tflite file, within 1 %"),
        ("Weights", deployed.weight_bytes, "weight_bytes", "constants in the file"),
        ("Arena", deployed.arena_bytes, "arena_bytes", "RAM that TensorFlow Lite allocates"),
        ("Peak", deployed.live_lower_bound_bytes, "live_lower_bound_bytes", f"alive at {deployed.timeline.peak.name}"),
        ("Binary MACs", deployed.binary_macs, "binary_macs", "by XNOR and popcount"),
        ("Float MACs", deployed.float_macs, "float_macs", "at 32 bits"),
        ("OPs", round(deployed.ops), "ops", "binary / 64 + float"),
    )
    with st.container(key="deployed_totals"):
        columns = st.columns(len(figures), border=True)
    for column, (label, value, name, note) in zip(columns, figures, strict=True):
        memory = name.endswith("_bytes")
        exact = f"{value:,} bytes." if memory else f"{value:,} for one image."
        _metric(
            column,
            label,
            bytes_text(value) if memory else count_text(value),
            exact,
            note,
            _opened(report, "deployed", name),
        )


def _opened(report: CostReport | None, convention: str, name: str) -> _Opened | None:
    """The key of a figure and what gives its formula; None where the figure has none."""
    if report is None or (convention == "deployed" and not isinstance(report.deployed, DeployedCost)):
        return None
    return f"{convention}_{name}", lambda: (report.formulas()[convention][name],)


def _metric(
    column: Any,
    label: str,
    value: str,
    help_text: str,
    note: str,
    opened: _Opened | None = None,
) -> None:
    # style.py puts the button into the corner of the container with this key
    with column.container(gap=None, key=f"metric_{opened[0]}" if opened else None):
        st.metric(label, value, help=escape_markdown(help_text))
        st.caption(escape_markdown(note))
        if opened is not None:
            formula_button(opened[0], opened[1], label)
