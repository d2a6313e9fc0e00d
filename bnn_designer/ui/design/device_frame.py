"""The devices as a table of plain values; what is not known is an empty cell and named in words."""

from __future__ import annotations

import pandas as pd

from bnn_designer.cost import DeployedCost, NotDeployable
from bnn_designer.cost.devices.fit import fits

#: Signs that carry the state beside its word.
_SIGNS = {"fits": "✓", "too small": "✗", "unknown": "?", "unsupported": "✗"}


def device_frame(deployed: DeployedCost | NotDeployable) -> pd.DataFrame:
    """One row a device of the catalogue: whether the design fits, and what is missing where it does not."""
    rows = []
    for one in fits(deployed):
        device = one.device
        rows.append(
            {
                "device": device.name,
                "state": f"{_SIGNS[one.state]} {one.state}",
                "what is missing": one.reason,
                "chip": device.chip,
                "clock MHz": device.clock_mhz,
                "flash KiB": None if device.flash_bytes is None else device.flash_bytes / 1024,
                "RAM KiB": device.ram_bytes / 1024 if device.ram_bytes is not None else None,
                "note": device.note,
                "source": device.source,
            }
        )
    return pd.DataFrame(rows).astype({"clock MHz": "Int64", "flash KiB": "Float64", "RAM KiB": "Float64"})
