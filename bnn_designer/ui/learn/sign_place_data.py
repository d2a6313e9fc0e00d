"""What the piece of the lesson on inputs and outputs is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.sign_place import CARRIED, SUMS, Arrangement, arrangements
from bnn_designer.units import bytes_text, count_text


def sign_places() -> Mapping[str, Any]:
    """Each arrangement with its values, and what layer B costs in it."""
    return {"count": len(SUMS), "carried": CARRIED, "arrangements": [_arrangement(one) for one in arrangements()]}


def _arrangement(one: Arrangement) -> Mapping[str, Any]:
    reader = one.reader
    return {
        "place": one.place,
        "batch_norm": one.batch_norm,
        "shortcut": one.shortcut,
        "steps": [{"values": step.values, "kind": step.kind} for step in one.steps],
        "binary": reader.is_binary,
        "says": one.says,
        "texts": [
            "by XNOR and popcount" if reader.is_binary else "in float",
            f"{count_text(reader.macs)}, {'binary' if reader.is_binary else 'float'}",
            bytes_text(reader.weight_bytes),
            bytes_text(reader.read_bytes),
            reader.packed or "nobody: there are none",
        ],
    }
