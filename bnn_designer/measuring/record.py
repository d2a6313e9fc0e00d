"""What is kept with a run that was packed: the file's size and, once measured, its times and memory on one machine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from bnn_designer.files import write_text
from bnn_designer.measuring.times import Frozen, GroupTime, Timing
from bnn_designer.runs.records import as_time
from bnn_designer.runs.store import Store


class Checked(Frozen):
    """Of how many test images the engine and Keras gave the same class."""

    images: int
    same_class: int


class Measurement(Frozen):
    """One measurement.

    Attributes:
        measured_at: Unix seconds.
        machine: the processor's name.
        host: the machine's name.
        processors: how many a program may use.
        busy_processors: how many other programs kept busy just before.
        version: of this program.
        timings: the first is of one thread, the last of all.
        layers: in running order.
    """

    measured_at: float
    machine: str
    host: str
    processors: int
    busy_processors: float
    version: str
    timings: tuple[Timing, ...]
    layers: tuple[GroupTime, ...]

    @property
    def time(self) -> datetime:
        return as_time(self.measured_at)

    @property
    def disturbed(self) -> bool:
        return is_disturbed(self.busy_processors, self.processors)


class Record(Frozen):
    """What is known of a run's packed file; ``checked`` and ``measurement`` are None before they are known."""

    packed_at: float
    file_bytes: int
    checked: Checked | None = None
    measurement: Measurement | None = None


def is_disturbed(busy_processors: float, processors: int) -> bool:
    """Whether others took more than a tenth of the machine, so that times may be too long."""
    return busy_processors > 0.1 * processors


def packed_path(store: Store, run_id: str) -> Path:
    """The packed network of a run."""
    return store.run_folder(run_id) / "network.bnn"


def record_path(store: Store, run_id: str) -> Path:
    """The record beside it."""
    return store.run_folder(run_id) / "engine.json"


def read_record(store: Store, run_id: str) -> Record | None:
    """The record of a run; None where it was never packed, its file is gone, or the record cannot be read."""
    try:
        record = Record.model_validate_json(record_path(store, run_id).read_bytes())
    except (OSError, ValidationError):
        return None
    return record if packed_path(store, run_id).is_file() else None


def write_record(store: Store, run_id: str, record: Record) -> None:
    """Keeps the record, in the place of an older one. Raises BnnDesignerError if it cannot be written."""
    write_text(record_path(store, run_id), record.model_dump_json(indent=2), overwrite=True)
