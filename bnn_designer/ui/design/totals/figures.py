"""The totals as plain values: one :class:`Total` a figure, with what is to be said where it is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bnn_designer.cost import CostReport, DeployedCost, DeployOptions
from bnn_designer.cost.deployed import BINARY_MACS_PER_OP
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.devices.fit import fit, fits
from bnn_designer.cost.latency.devices import latency_on
from bnn_designer.cost.latency.model import Estimate
from bnn_designer.cost.partial import Figures, figures
from bnn_designer.design import Design
from bnn_designer.units import (
    UNKNOWN,
    by_bits_text,
    bytes_text,
    count_text,
    exact_text,
    ms_text,
    percent_text,
    sentence,
)

Convention = Literal["larq", "deployed"]
CONVENTIONS: dict[Convention, str] = {
    "larq": "As larq.models.ModelProfile counts, for comparison with published figures.",
    "deployed": "What Larq Compute Engine and TensorFlow Lite turn the design into.",
}
#: Latencies are estimated for the device that most of them were published for, unless another one is chosen.
USUAL_DEVICE = "pixel-1"


@dataclass(frozen=True)
class Total:
    """One figure of the whole design.

    Attributes:
        name: what the page knows it by.
        label: what it is called.
        value: the number that changes are counted in; None: not known.
        text: the number as people read it; a dash where the network is not finished.
        note: a few words below it.
        help: what it is, exactly.
        change_text: how a difference of it is written.
        formulas: which formulas open it, each by its convention and name.
        lower_is_better: whether a growth is a cost; fits are the other way round.
    """

    name: str
    label: str
    value: float | None
    text: str
    note: str
    help: str
    change_text: Callable[[float], str]
    formulas: tuple[tuple[Convention, str], ...] = ()
    lower_is_better: bool = True


@lru_cache(maxsize=64)
def totals(design: Design, options: DeployOptions, convention: Convention, device: str | None) -> tuple[Total, ...]:
    """All totals of a design, in the order in which they are shown.

    Args:
        design: finished or not; of an unfinished one there are the figures of the blocks before the first error.
        options: how it is deployed.
        convention: by which products are counted. Memory, latency and fit are always of the deployed program.
        device: the name of the catalogue's device that the design is meant for; None: none was chosen.
    """
    known = figures(design, options)
    counted = _macs_by_larq(known) if convention == "larq" else _macs_as_deployed(known)
    return (
        _params(known),
        _file(known),
        *counted,
        _arena(known),
        _peak(known),
        _latency(known, device),
        _fit(known, device),
    )


def _params(known: Figures) -> Total:
    if not known.layers:
        return _unknown(known, "params", "Parameters", count_text)
    count, weights = known.known, -(-known.known.memory_bits // 8)
    return Total(
        "params",
        "Parameters",
        count.params,
        count_text(count.params),
        f"{bytes_text(weights)} of weights" if known.report else f"{bytes_text(weights)} so far",
        f"{count.params:,} = {by_bits_text(count.params_by_bits, exact_text)}; {weights:,} bytes with every weight at "
        f"its own width, {bytes_text(4 * count.params)} if all were float. Convention: larq.",
        count_text,
        (("larq", "params"), ("larq", "memory_bits")) if known.report else (),
    )


def _file(known: Figures) -> Total:
    deployed = _deployed(known)
    if deployed is None:
        return _unknown(known, "file_bytes", "File", bytes_text)
    return Total(
        "file_bytes",
        "File",
        deployed.file_bytes,
        bytes_text(deployed.file_bytes),
        "the .tflite, within 1 %",
        f"{deployed.file_bytes:,} bytes, {deployed.weight_bytes:,} of them constants. Convention: deployed.",
        bytes_text,
        (("deployed", "file_bytes"), ("deployed", "weight_bytes")),
    )


def _macs_by_larq(known: Figures) -> tuple[Total, ...]:
    """By Larq's convention; of an unfinished design the sums over the blocks that are known."""
    count = known.known
    binary = sum(macs for bits, macs in count.macs_by_bits.items() if bits == 1)
    wider = {bits: macs for bits, macs in count.macs_by_bits.items() if bits > 1}
    widths = f"of {' and '.join(str(bits) for bits in wider)} bits" if wider else "none"
    formulas: tuple[tuple[Convention, str], ...] = (("larq", "macs"),) if known.report else ()
    ops = binary / BINARY_MACS_PER_OP + sum(wider.values())
    return tuple(
        _unknown(known, name, label, count_text)
        if not known.layers
        else Total(
            name,
            label,
            value,
            count_text(value),
            note if known.report else "so far",
            f"{value:,} for one image{'' if known.report else ', so far'}. Convention: larq.",
            count_text,
            opened,
        )
        for name, label, value, note, opened in (
            ("binary_macs", "Binary MACs", binary, "XNOR and popcount", formulas),
            ("float_macs", "Other MACs", sum(wider.values()), widths, formulas),
            ("ops", "OPs", round(ops), f"binary / {BINARY_MACS_PER_OP} + other", ()),
        )
    )


def _macs_as_deployed(known: Figures) -> tuple[Total, ...]:
    """Of the program that Larq Compute Engine runs."""
    deployed = _deployed(known)
    eight = f" + {count_text(deployed.int8_macs)} of 8 bits" if deployed is not None and deployed.int8_macs else ""
    return tuple(
        _unknown(known, name, label, count_text)
        if deployed is None
        else Total(
            name,
            label,
            round(getattr(deployed, name)),
            count_text(getattr(deployed, name)),
            note,
            f"{round(getattr(deployed, name)):,} for one image. Convention: deployed.",
            count_text,
            (("deployed", name),),
        )
        for name, label, note in (
            ("binary_macs", "Binary MACs", "XNOR and popcount"),
            ("float_macs", "Float MACs", "at 32 bits"),
            ("ops", "OPs", f"binary / {BINARY_MACS_PER_OP} + float{eight}"),
        )
    )


def _arena(known: Figures) -> Total:
    deployed = _deployed(known)
    if deployed is None:
        return _unknown(known, "arena_bytes", "RAM", bytes_text)
    value = deployed.arena_bytes
    return Total(
        "arena_bytes",
        "RAM",
        value,
        bytes_text(value),
        "the arena",
        f"{value:,} bytes: the arena that TensorFlow Lite allocates for one image, gaps of its planner included.",
        bytes_text,
        (("deployed", "arena_bytes"),),
    )


def _peak(known: Figures) -> Total:
    report = known.report
    if report is None:
        return _unknown(known, "live_lower_bound_bytes", "Peak", bytes_text)
    peak, runs = report.timeline.peak, isinstance(report.deployed, DeployedCost)
    return Total(
        "live_lower_bound_bytes",
        "Peak",
        peak.live_bytes,
        bytes_text(peak.live_bytes),
        f"at {peak.name}" if runs else f"at {peak.name}, if it could run",
        f"{peak.live_bytes:,} bytes: the largest sum of live tensors while one image is run, binary tensors in bits "
        "and shortcuts in full precision. No memory planner can do with less.",
        bytes_text,
        (("deployed", "live_lower_bound_bytes"),) if runs else (),
    )


def _latency(known: Figures, device: str | None) -> Total:
    report, name = known.report, device or USUAL_DEVICE
    change = _ms_text
    if report is None or not isinstance(report.deployed, DeployedCost):
        return _unknown(known, "latency_ms", "Latency", change)
    found = latency_on(name, report.deployed)
    if not isinstance(found, Estimate):
        return Total(
            "latency_ms", "Latency", None, "not known", DEVICES[name].name, f"{found.device}: {found.reason}.", change
        )
    beyond = (
        f" Extrapolated, so the error may be larger: {'; '.join(found.extrapolated)}." if found.extrapolated else ""
    )
    return Total(
        "latency_ms",
        "Latency",
        found.ms,
        f"{ms_text(found.ms, 2)} ± {percent_text(found.mean_error, 0)}",
        f"{found.device}{', extrapolated' if found.extrapolated else ''}",
        f"Estimated for one image and one thread. Mean error over {found.samples} held-out networks; the worst is "
        f"{percent_text(found.max_error, 0)}.{beyond} {found.source}.",
        change,
    )


def _ms_text(ms: float) -> str:
    return ms_text(ms, 2)


def _fit(known: Figures, device: str | None) -> Total:
    deployed = _deployed(known)
    if deployed is None:
        return _unknown(known, "fits", "Fits", exact_text, lower_is_better=False)
    if device is not None:
        one = fit(device, deployed)
        return Total(
            "fits", "Fits", None, one.state, one.device.name, one.reason or f"Fits {one.device.name}.", exact_text
        )
    states = [one.state for one in fits(deployed)]
    fitting = states.count("fits")
    return Total(
        "fits",
        "Fits",
        fitting,
        f"{fitting} of {len(states)}",
        "devices of the catalogue",
        "The file must fit in flash, the arena in RAM. The Devices view lists them; Budget chooses one.",
        exact_text,
        lower_is_better=False,
    )


def _deployed(known: Figures) -> DeployedCost | None:
    report: CostReport | None = known.report
    return report.deployed if report is not None and isinstance(report.deployed, DeployedCost) else None


def _error_text(known: Figures) -> str:
    """The first error; without a place where nothing is wrong with any block."""
    error = known.error
    if error is None or known.error_block_id is not None:
        return str(error or "")
    rule = error.rule.rstrip(".")
    return f"{sentence(rule)}. {error.mend.rstrip('.')}."


def _unknown(
    known: Figures, name: str, label: str, change: Callable[[float], str], lower_is_better: bool = True
) -> Total:
    """A figure that needs a whole network, or one that can be deployed: small, and with what to do next."""
    report = known.report
    if report is None:
        # that the network has to be finished is said once, above the strip
        reason = f"Needs a complete network. {_error_text(known)}".rstrip()
        return Total(name, label, None, UNKNOWN, "", reason, change, lower_is_better=lower_is_better)
    return Total(
        name,
        label,
        None,
        "not deployable",
        "see Deployment",
        str(report.deployed),
        change,
        lower_is_better=lower_is_better,
    )
