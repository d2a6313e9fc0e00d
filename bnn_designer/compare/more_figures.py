"""The figures that only pages have room for: the deployed MACs by their precision, and the latencies."""

from __future__ import annotations

from functools import partial

from bnn_designer.compare.figures import FIGURES, Figure, Number, Unknown, deployed_figure
from bnn_designer.cost import CostReport, NotDeployable
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.latency.calibration import THIS_MACHINE
from bnn_designer.cost.latency.devices import SOURCES, latency_on
from bnn_designer.cost.latency.model import NoLatency
from bnn_designer.units import percent_text

_ESTIMATED = "Estimated time of one image on one thread, with its mean error over networks that the model never saw."


def _latency(device: str, report: CostReport) -> Number | Unknown:
    if isinstance(report.deployed, NotDeployable):
        return Unknown(str(report.deployed))  # in the words in which the file and the arena are unknown
    found = latency_on(device, report.deployed)
    return Unknown(str(found)) if isinstance(found, NoLatency) else found.ms


def _error(device: str, report: CostReport) -> str:
    found = latency_on(device, report.deployed)
    if isinstance(found, NoLatency):
        return ""
    return f"± {percent_text(found.mean_error, 0)}{', extrapolated' if found.extrapolated else ''}"


def _latency_figure(device: str, source: str) -> Figure:
    name = DEVICES[device].name if device in DEVICES else device
    return Figure(
        f"latency_{device.replace('-', '_').replace(' ', '_')}_ms",
        f"latency, {name}",
        "ms",
        partial(_latency, device),
        f"Latency, {name}",
        f"{_ESTIMATED} {source}",
        partial(_error, device),
    )


#: Every figure that designs can be compared by; those of :data:`FIGURES` first.
ALL_FIGURES: tuple[Figure, ...] = (
    *FIGURES,
    Figure(
        "binary_macs",
        "binary MACs",
        "MACs",
        deployed_figure("binary_macs"),
        "Binary MACs",
        "Multiply-accumulates (MACs) of one image that the deployed program computes with XNOR and popcount.",
    ),
    Figure(
        "int8_macs",
        "8-bit MACs",
        "MACs",
        deployed_figure("int8_macs"),
        "8-bit MACs",
        "Multiply-accumulates (MACs) of one image that the deployed program computes of whole numbers of 8 bits.",
    ),
    Figure(
        "float_macs",
        "float MACs",
        "MACs",
        deployed_figure("float_macs"),
        "Float MACs",
        "Multiply-accumulates (MACs) of one image that the deployed program computes at 32 bits.",
    ),
    *(_latency_figure(device, f"Fitted to: {source}.") for device, source in SOURCES.items()),
    _latency_figure(THIS_MACHINE, "Fitted to networks that were timed here with this project's engine."),
)
FIGURES_BY_NAME: dict[str, Figure] = {figure.name: figure for figure in ALL_FIGURES}
