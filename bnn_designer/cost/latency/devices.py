"""The devices that latencies were published for, the model of each, and what a design takes on all of them."""

from __future__ import annotations

from functools import cache

from bnn_designer.cost.deployed import DeployedCost, NotDeployable
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.latency.calibration import THIS_MACHINE, this_machine
from bnn_designer.cost.latency.model import Estimate, LatencyModel, NoLatency, Work, operator_works, work
from bnn_designer.cost.latency.published import M1_MS, PIXEL_1_MS, RASPBERRY_PI_4B_MS, README, ZOO, samples
from bnn_designer.graph.passes.program import Program

Latency = Estimate | NoLatency

#: Where the latencies of a device are from, by its name in the catalogue.
SOURCES = {
    "pixel-1": ZOO,
    "raspberry-pi-4b": f"{README}; the Pixel 1's model times one factor",
    "apple-m1": f"{README}; the Pixel 1's model times one factor",
}

#: The networks behind every model multiply bits and floats.
_INT8_UNMEASURED = "no network with 8-bit products is among those that were measured, so that their time is not known"


@cache
def latency_model(device: str) -> LatencyModel:
    """The fitted model of a device.

    Args:
        device: a key of :data:`SOURCES`.

    Raises:
        KeyError: nothing was published for this device.
    """
    if device == "pixel-1":
        return LatencyModel.fit(samples(PIXEL_1_MS))
    published = {"raspberry-pi-4b": RASPBERRY_PI_4B_MS, "apple-m1": M1_MS}[device]
    return LatencyModel.scaled(samples(published), latency_model("pixel-1"))


def latency_on(device: str, deployed: DeployedCost | NotDeployable) -> Latency:
    """What a design takes on one device.

    Args:
        device: a name of the catalogue, or ``this machine``.
        deployed: what LCE makes of the design.

    Raises:
        KeyError: the catalogue does not have this device.
    """
    if isinstance(deployed, NotDeployable):
        return NoLatency(device, "unsupported", str(deployed.reasons[0]))
    return _latency(device, work(deployed.program), _has_int8(deployed.program))


def latencies(deployed: DeployedCost | NotDeployable) -> tuple[Latency, ...]:
    """What a design takes on every device with published figures, and on this machine."""
    names = (*SOURCES, THIS_MACHINE)
    if isinstance(deployed, NotDeployable):
        return tuple(latency_on(name, deployed) for name in names)
    amount, int8 = work(deployed.program), _has_int8(deployed.program)
    return tuple(_latency(name, amount, int8) for name in names)


def latency_by_block(device: str, program: Program) -> dict[str, float]:
    """Which share of an estimate each block has: the model is a sum over operators, without anything else.

    Args:
        device: a key of :data:`SOURCES`.
        program: what LCE runs.

    Returns:
        Milliseconds by the paths of blocks, the largest first; their sum is the estimate. "" is what no block makes.

    Raises:
        KeyError: nothing was published for this device.
    """
    model, works = latency_model(device), operator_works(program)
    found: dict[str, float] = {}
    for op in program.operators:
        found[op.path] = found.get(op.path, 0.0) + model.predict(works[op.name])
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _has_int8(program: Program) -> bool:
    return any(op.is_int8 for op in program.operators)


def _latency(device: str, amount: Work, int8: bool) -> Latency:
    name = THIS_MACHINE if device == THIS_MACHINE else DEVICES[device].name
    if int8 and device in (*SOURCES, THIS_MACHINE):
        return NoLatency(name, "unknown", _INT8_UNMEASURED)
    if device == THIS_MACHINE:
        return this_machine(amount)
    if device not in SOURCES:
        return NoLatency(name, "unknown", "no latencies of binarized networks are published for this device")
    return latency_model(device).estimate(name, SOURCES[device], amount)
