"""Whether a design fits a device.

Flash holds the deployed file, RAM the arena. A planner needs the arena in one piece, so where a microcontroller's RAM
is several memories apart, the largest one counts. What a program needs besides is not counted: code, the interpreter,
stack, an operating system, buffers of a camera. Whether an engine for binarized networks exists for a device is another
question: LCE has kernels for 64-bit Arm, and plain ones for the rest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bnn_designer.cost.deployed import DeployedCost, NotDeployable
from bnn_designer.cost.devices.catalogue import DEVICES, Device
from bnn_designer.errors import BnnDesignerError
from bnn_designer.units import bytes_text

NOT_COUNTED = "Not counted: code, interpreter, stack, operating system."


@dataclass(frozen=True)
class Fit:
    """Whether a design fits a device.

    Attributes:
        key: the device's name for the command line.
        device: the device.
        state: ``fits``, ``too small``, ``unknown`` or ``unsupported``.
        flash_short_bytes: how much flash is missing; 0 where it suffices, None where nothing can be said.
        ram_short_bytes: how much RAM is missing; 0 where it suffices, None where nothing can be said.
        reason: why it does not fit, or is not known to; what holds the file, where that is no flash.
    """

    key: str
    device: Device
    state: str
    flash_short_bytes: int | None
    ram_short_bytes: int | None
    reason: str

    def to_data(self) -> dict[str, Any]:
        """As ``cost --json`` prints it in ``devices``."""
        return {
            "device": self.key,
            "state": self.state,
            "flash_short_bytes": self.flash_short_bytes,
            "ram_short_bytes": self.ram_short_bytes,
            "reason": self.reason,
        } | asdict(self.device)


def find_device(key: str) -> Device:
    """The device of that name.

    Raises:
        BnnDesignerError: the catalogue does not have it; names those that it has.
    """
    if key not in DEVICES:
        raise BnnDesignerError(f"{key}: there is no device of this name. Choose one of {', '.join(DEVICES)}.")
    return DEVICES[key]


def fit(key: str, deployed: DeployedCost | NotDeployable) -> Fit:
    """Whether a design fits one device.

    Raises:
        BnnDesignerError: the catalogue does not have the device.
    """
    device = find_device(key)
    if isinstance(deployed, NotDeployable):
        return Fit(key, device, "unsupported", None, None, str(deployed.reasons[0]))
    flash = _short(deployed.file_bytes, device.flash_bytes)
    ram = _short(deployed.arena_bytes, device.arena_limit_bytes)
    short = [f"{bytes_text(size)} of {what} short" for size, what in ((flash, "flash"), (ram, "RAM")) if size]
    if short:
        return Fit(key, device, "too small", flash, ram, ", ".join(short))
    unknown = []
    if flash is None and not device.storage:
        unknown.append("the amount of flash")
    if device.ram_block_bytes is None:
        unknown.append("the largest contiguous RAM")
    if unknown:
        return Fit(
            key,
            device,
            "unknown",
            flash,
            None if device.ram_block_bytes is None else ram,
            f"not known: {' and '.join(unknown)}",
        )
    return Fit(key, device, "fits", flash, ram, f"the file is on {device.storage}" if device.storage else "")


def fits(deployed: DeployedCost | NotDeployable) -> tuple[Fit, ...]:
    """Whether a design fits each device of the catalogue, in its order."""
    return tuple(fit(key, deployed) for key in DEVICES)


def _short(needed_bytes: int, there_bytes: int | None) -> int | None:
    return None if there_bytes is None else max(0, needed_bytes - there_bytes)
