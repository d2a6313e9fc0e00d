"""The job that exports a run or a design to a target, for those who start it and show how far it is; what is kept."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bnn_designer.export.source import Source
from bnn_designer.files import write_text
from bnn_designer.measuring.job import Job
from bnn_designer.runs.executor import environment
from bnn_designer.runs.store import Store

COMMAND = (sys.executable, "-m", "bnn_designer.export.worker")


class Kept(BaseModel):
    """What is kept beside the archive of an export.

    Attributes:
        exported_at: Unix seconds.
        files: sizes in bytes by name.
        memory_bytes: as :class:`bnn_designer.export.Written` has it, as ``notes``.
        proof: what its run in the receiver showed, as a sentence; "" if it was not run.
        images: on what it was run.
        all_same: whether every image got the same class there.
        not_run: why it was not run; "" if it was.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    exported_at: float
    files: dict[str, int]
    memory_bytes: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    proof: str = ""
    images: str = ""
    all_same: bool = True
    not_run: str = ""


def export_job(store: Store, source: Source, target: str) -> Job:
    """Writes the files of a run's last checkpoint, or of a design with weights drawn at random, and runs them in the
    receiver where that is installed. A design is to be there first (:func:`bnn_designer.export.source.keep_design`).
    """
    state, log = source.folder / f"export-{target}-job.json", source.folder / f"export-{target}.log"
    name, arguments = f"export of {source} to {target}", (target, source.kind, source.id)
    return Job(name, arguments, state, log, environment(store), COMMAND)


def archive_path(source: Source, target: str) -> Path:
    """Where the archive of an export lies."""
    return source.folder / f"export-{target}.zip"


def read_kept(source: Source, target: str) -> Kept | None:
    """What is kept of an export; None where there is none, its archive is gone, or it cannot be read."""
    try:
        kept = Kept.model_validate_json(_kept_path(source, target).read_bytes())
    except (OSError, ValidationError):
        return None
    return kept if archive_path(source, target).is_file() else None


def write_kept(source: Source, target: str, kept: Kept) -> None:
    """Keeps it, in the place of an older one. Raises BnnDesignerError if it cannot be written."""
    write_text(_kept_path(source, target), kept.model_dump_json(indent=2), overwrite=True)


def _kept_path(source: Source, target: str) -> Path:
    return source.folder / f"export-{target}.json"
