"""The one file that keeps a report in the run's folder.

It is an ``.npz`` without pickles: arrays, and the rest as JSON in an array of bytes. It is written whole or not at all,
and read within bounds, as a run's folder may come from another machine.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from bnn_designer.files import write_bytes
from bnn_designer.inspection import bundle
from bnn_designer.inspection.report import VERSION, Array, Found, Inside
from bnn_designer.runs.store import Store

FILE = "inside.npz"
#: What the file and its arrays take at most; a large network's takes 3 MiB.
MAX_BYTES = 64 * 2**20
_AGAIN = "Look inside again"


def report_path(store: Store, run_id: str) -> Path:
    """Where the report of a run is."""
    return store.run_folder(run_id) / FILE


def to_bytes(found: Found) -> bytes:
    """The contents of the file."""
    return bundle.to_bytes(found.inside.model_dump_json(), found.arrays)


def from_bytes(data: bytes) -> Found:
    """What :func:`to_bytes` was given.

    Raises:
        BnnDesignerError: it is no such file, of a newer version, damaged, or larger than any of ours.
    """
    try:
        text, arrays = bundle.from_bytes(data, MAX_BYTES)
        inside = Inside.model_validate_json(text)
        if inside.version != VERSION:
            raise ValueError(f"it is of version {inside.version}, and this program reads {VERSION}")
        _check(inside, arrays)
    except (ValidationError, *bundle.READ_ERRORS) as error:
        raise bundle.unreadable(FILE, error, _AGAIN) from error
    return Found(inside, arrays)


def write_found(store: Store, found: Found) -> None:
    """Keeps it with its run, in place of an older one. Raises BnnDesignerError if it cannot be written."""
    write_bytes(report_path(store, found.inside.run_id), to_bytes(found), overwrite=True)


def read_found(store: Store, run_id: str) -> Found | None:
    """What was found in a run; None where nobody has looked yet.

    Raises:
        BnnDesignerError: the file cannot be read.
    """
    data = bundle.kept_bytes(report_path(store, run_id), MAX_BYTES, _AGAIN)
    return None if data is None else from_bytes(data)


def _check(inside: Inside, arrays: dict[str, Array]) -> None:
    """Raises ValueError or KeyError where an array is missing or has another shape than the report says."""
    classes = len(inside.class_names)
    wanted: dict[str, tuple[int | None, ...]] = {
        "confusion": (classes, classes),
        "mistakes": (len(inside.mistakes), None, None, None),
    }
    for stage in inside.stages:
        wanted |= {f"{what}/{stage.name}": (stage.channels,) for what in ("mean", "deviation", "skewness", "positive")}
    wanted |= {f"kernel/{kernel.name}": (None, None, None, None) for kernel in inside.kernels}
    for flips in inside.flips:
        there = arrays[f"kernel/{flips.name}"].shape
        wanted |= {f"flips_{what}/{flips.name}": there for what in ("last", "count")}
    for sums in inside.sums:
        wanted[f"sums/{sums.name}"] = (min(sums.filters, 64), None)
        if not sums.why_none:
            wanted |= {f"{what}/{sums.name}": (sums.filters,) for what in ("factor", "offset")}
    for name, shape in wanted.items():
        array = arrays[name]
        if array.dtype.kind not in "iuf" or len(array.shape) != len(shape):
            raise ValueError(f"{name} is {array.dtype} {array.shape}")
        if any(size is not None and size != here for size, here in zip(shape, array.shape, strict=True)):
            raise ValueError(f"{name} is {array.shape} and should be {shape}")
    names = {stage.name for stage in inside.stages}
    if any(name not in names for sign in inside.signs for name in sign.stages):
        raise ValueError("a stage is missing")
    if any(not 0 <= one < classes for mistake in inside.mistakes for one in (mistake.label, mistake.answer)):
        raise ValueError("a mistake is of an unknown class")
