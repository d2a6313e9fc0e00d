"""What the cost report had predicted for the design of a packed network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_designer.cost import cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.latency.calibration import THIS_MACHINE
from bnn_designer.cost.latency.devices import latency_on
from bnn_designer.cost.latency.model import Estimate, NoLatency
from bnn_designer.design import Design
from bnn_designer.packing.network import PackedNetwork


@dataclass(frozen=True)
class Predicted:
    """Figures of the deployed program, which is what Larq Compute Engine would run.

    Attributes:
        weight_bytes: its constants, or None where it cannot run the design.
        arena_bytes: its tensors, the image among them, or None.
        latency: of this machine, from the calibration.
    """

    weight_bytes: int | None
    arena_bytes: int | None
    latency: Estimate | NoLatency

    def to_data(self) -> dict[str, Any]:
        return {
            "weight_bytes": self.weight_bytes,
            "arena_bytes": self.arena_bytes,
            "latency": self.latency.to_data(),
        }


def predicted(network: PackedNetwork) -> Predicted | None:
    """The prediction; None where the file does not say what design it is of.

    Raises:
        DesignError: the design in the file does not lower any more.
    """
    if network.header.design is None:
        return None
    deployed = cost(Design.from_data(network.header.design)).deployed
    latency = latency_on(THIS_MACHINE, deployed)
    if isinstance(deployed, DeployedCost):
        return Predicted(deployed.weight_bytes, deployed.arena_bytes, latency)
    return Predicted(None, None, latency)
