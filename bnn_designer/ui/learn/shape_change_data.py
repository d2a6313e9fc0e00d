"""What the piece of the lesson on changes of shape is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.shape_change import SIZES, WAYS, Change, Part, change
from bnn_designer.units import bytes_text, count_text, precision_text

_COLUMNS = ("Weights in the file", "Binary MACs", "Float MACs", "OPs", "Memory, at most")
_TIMES = " \N{MULTIPLICATION SIGN} "


def shape_changes() -> Mapping[str, Any]:
    """Each way at each size, with its operators."""
    return {
        "columns": _COLUMNS,
        "ways": [{"title": way.title, "says": way.says} for way in WAYS.values()],
        "sizes": [
            {
                "text": f"{_shape((size, size, channels))} to {_shape((size // 2, size // 2, 2 * channels))}",
                "ways": [_change(change(way, channels)) for way in WAYS],
            }
            for channels, size in SIZES.items()
        ],
    }


def _change(one: Change) -> Mapping[str, Any]:
    counts = (one.binary_macs, one.float_macs, one.ops)
    return {
        "values": (one.weight_bytes, *counts, one.memory_bytes),
        "texts": (bytes_text(one.weight_bytes), *map(count_text, counts), bytes_text(one.memory_bytes)),
        "parts": [_part(part) for part in one.parts],
    }


def _part(part: Part) -> tuple[str, ...]:
    macs = f"{count_text(part.macs)}, {'binary' if part.is_binary else 'float'}" if part.macs else "none"
    weights = bytes_text(part.weight_bytes) if part.weight_bytes else "none"
    return part.kind, _shape(part.shape), precision_text(part.bits), weights, macs


def _shape(shape: tuple[int, ...]) -> str:
    return _TIMES.join(map(str, shape))
