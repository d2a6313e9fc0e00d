"""The catalogue as the table of docs/devices.md, in Markdown: ``python -m bnn_designer.cost.devices.markdown``."""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.cost.devices.catalogue import DEVICES, Device
from bnn_designer.units import bytes_text

_TITLES = ("`--device`", "device", "core", "MHz", "flash", "RAM", "in one piece", "datasheet", "note")


def table() -> Iterator[str]:
    """A line for each device."""
    yield f"| {' | '.join(_TITLES)} |"
    yield "|" + "---|" * len(_TITLES)
    for key, device in DEVICES.items():
        yield f"| {' | '.join(_cells(key, device))} |"


def _cells(key: str, device: Device) -> tuple[str, ...]:
    chip = "" if device.chip in device.name else f", {device.chip}"
    clock = "unknown" if device.clock_mhz is None else str(device.clock_mhz)
    flash = device.storage or _size(device.flash_bytes)
    sizes = flash, _size(device.ram_bytes), _size(device.ram_block_bytes)
    return key, device.name + chip, device.core, clock, *sizes, device.source, device.note


def _size(size_bytes: int | None) -> str:
    return "unknown" if size_bytes is None else bytes_text(size_bytes)


if __name__ == "__main__":
    print("\n".join(table()))
