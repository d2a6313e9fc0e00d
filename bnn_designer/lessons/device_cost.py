"""What a network costs on a device, operator by operator; all figures are the cost model's."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.cost import CostReport, DeployedCost, cost
from bnn_designer.cost.latency.devices import latency_model, latency_on
from bnn_designer.cost.latency.model import Estimate, operator_works
from bnn_designer.design import Design

#: The device whose published latencies the model was fitted to.
DEVICE = "pixel-1"


@dataclass(frozen=True)
class Moment:
    """One operator while it runs.

    Attributes:
        name: of the operator, in the words of the designer.
        kind: Larq Compute Engine's or TensorFlow Lite's name.
        live_bytes: what is in memory at that time, by its role: image, float, binary, working memory.
        constant_bytes: what the file holds for it.
        ms: its part of the estimated latency.
    """

    name: str
    kind: str
    live_bytes: dict[str, int]
    constant_bytes: int
    ms: float

    @property
    def ram_bytes(self) -> int:
        return sum(self.live_bytes.values())


@dataclass(frozen=True)
class DeviceCost:
    """What a network costs on a device.

    Attributes:
        moments: its operators in running order.
        file_bytes: the file, for the flash.
        arena_bytes: the RAM that is set aside for its tensors.
        latency: of one image, estimated.
        operators_ms: the part of it that does not depend on what the operators do, but on how many they are.
    """

    moments: tuple[Moment, ...]
    file_bytes: int
    arena_bytes: int
    latency: Estimate
    operators_ms: float


def report(design: Design) -> tuple[CostReport, DeployedCost]:
    """The cost model's report of a design of a lesson, all of which run on LCE, and what it is as deployed."""
    found = cost(design)
    assert isinstance(found.deployed, DeployedCost)
    return found, found.deployed


def device_cost(design: Design) -> DeviceCost:
    """What a design costs, operator by operator."""
    found, deployed = report(design)
    model, works = latency_model(DEVICE), operator_works(found.program)
    moments = []
    for step, op in zip(deployed.timeline.steps, found.program.operators, strict=True):
        live: dict[str, int] = {}
        for span in step.live:
            live[span.role] = live.get(span.role, 0) + span.size_bytes
        constants = sum(constant.size_bytes for constant in op.constants)
        moments.append(Moment(op.name, op.kind, live, constants, model.predict(works[op.name])))
    return DeviceCost(
        tuple(moments),
        deployed.file_bytes,
        deployed.arena_bytes,
        latency(deployed),
        model.coefficients[-1] * len(moments),
    )


def latency(deployed: DeployedCost) -> Estimate:
    """Of one image on :data:`DEVICE`."""
    found = latency_on(DEVICE, deployed)
    assert isinstance(found, Estimate)  # it has published latencies
    return found
