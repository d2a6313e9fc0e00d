"""The job that exports a run to a target, for those who start it and show how far it is, and what is kept of it."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bnn_designer.files import write_text
from bnn_designer.measuring.job import Job
from bnn_designer.runs.executor import environment
from bnn_designer.runs.store import Store

COMMAND = (sys.executable, "-m", "bnn_designer.export.worker")


class Kept(BaseModel):
    """What is kept with a run beside the archive of an export.

    Attributes:
        exported_at: Unix seconds.
        files: sizes in bytes by name.
        memory_bytes: as :class:`bnn_designer.export.Written` has it, as ``notes``.
        proof: what its run in the receiver showed, as a sentence; "" if it was not run.
        all_same: whether every image got the same class there.
        not_run: why it was not run; "" if it was.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    exported_at: float
    files: dict[str, int]
    memory_bytes: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    proof: str = ""
    all_same: bool = True
    not_run: str = ""


def export_job(store: Store, run_id: str, target: str) -> Job:
    """Writes the files of a run's last checkpoint, and runs them in the receiver where that is installed."""
    folder = store.run_folder(run_id)
    state, log = folder / f"export-{target}-job.json", folder / f"export-{target}.log"
    name = f"export of run {run_id} to {target}"
    return Job(name, (target, run_id), state, log, environment(store), COMMAND)


def archive_path(store: Store, run_id: str, target: str) -> Path:
    """Where the archive of an export lies."""
    return store.run_folder(run_id) / f"export-{target}.zip"


def read_kept(store: Store, run_id: str, target: str) -> Kept | None:
    """What is kept of an export; None where there is none, its archive is gone, or it cannot be read."""
    try:
        kept = Kept.model_validate_json(_kept_path(store, run_id, target).read_bytes())
    except (OSError, ValidationError):
        return None
    return kept if archive_path(store, run_id, target).is_file() else None


def write_kept(store: Store, run_id: str, target: str, kept: Kept) -> None:
    """Keeps it, in the place of an older one. Raises BnnDesignerError if it cannot be written."""
    write_text(_kept_path(store, run_id, target), kept.model_dump_json(indent=2), overwrite=True)


def _kept_path(store: Store, run_id: str, target: str) -> Path:
    return store.run_folder(run_id) / f"export-{target}.json"
