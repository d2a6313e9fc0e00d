"""How far a job is: a small file that its worker writes and pages read, so that a reload loses nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bnn_designer.files import write_text
from bnn_designer.folders import cache_dir
from bnn_designer.measuring.machine import holder
from bnn_designer.processes import host_name
from bnn_designer.runs.executor import environment
from bnn_designer.runs.store import Store

State = Literal["running", "done", "failed", "not packable", "cancelled"]

# What is known of a worker of another machine is when it last wrote; its longest step is the build of the kernels.
SILENT_S = 600.0


class JobState(BaseModel):
    """The state of a job.

    Attributes:
        step: what it does now, as a sentence.
        share: of the whole that is done, 0 to 1.
        host: the machine that it runs on.
        written_at: Unix seconds of this report.
        where: of a design that cannot be packed: the block's path.
        reason: why it failed, or cannot be packed; of a job that is done: what disturbed it, or "".
        mend: what to do about it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: State
    step: str = ""
    share: float = 0.0
    host: str = ""
    written_at: float = 0.0
    where: str = ""
    reason: str = ""
    mend: str = ""


CANCELLED = JobState(state="cancelled")


@dataclass(frozen=True)
class Job:
    """A job and where its files are.

    Attributes:
        name: ``run 1a2b3c4d`` or ``calibration``.
        arguments: of the worker.
        state_path: holds its :class:`JobState`.
        log_path: its output, tracebacks included.
        environment: variables that the worker needs besides those of the process that starts it.
        command: what starts the worker, before its arguments; None: this room's own.
    """

    name: str
    arguments: tuple[str, ...]
    state_path: Path
    log_path: Path
    environment: Mapping[str, str]
    command: tuple[str, ...] | None = None

    def write(self, progress: JobState) -> None:
        """Replaces the state. Raises BnnDesignerError if it cannot be written, as when the run was deleted."""
        stamped = progress.model_copy(update={"host": host_name(), "written_at": time.time()})
        write_text(self.state_path, stamped.model_dump_json(), overwrite=True)

    def read(self) -> JobState | None:
        """The state; None before the first job.

        A worker that is gone without a report has failed. One that has reported its end still runs until the machine is
        free: what follows would be refused.
        """
        found = self._read()
        if found is None or (found.state == "running" and self._alive(found)):
            return found
        if found.state != "running":
            if not self._has_machine():
                return found
            return JobState(state="running", step="Finishing", share=1.0, host=found.host)
        again = self._read()  # it may have ended between the two looks
        if again is None or again.state != "running":
            return again
        return again.model_copy(
            update={
                "state": "failed",
                "reason": "The process ended without a report: it was killed, or the machine ran out of memory",
                "mend": "Try it again; its log says how far it got",
            }
        )

    def close(self) -> None:
        """Says that it was cancelled, where its worker is gone and could not say so itself."""
        found = self._read()
        if found is not None and found.state == "running" and not self._has_machine():
            self.write(CANCELLED)

    def _read(self) -> JobState | None:
        try:
            return JobState.model_validate_json(self.state_path.read_bytes())
        except (OSError, ValidationError):
            return None

    def _alive(self, found: JobState) -> bool:
        if found.host != host_name():
            return time.time() - found.written_at < SILENT_S
        return self._has_machine()

    def _has_machine(self) -> bool:
        now = holder()
        return now is not None and now.job == self.name


def pack_job(store: Store, run_id: str) -> Job:
    """Packs a run's last checkpoint, then times it."""
    return _run_job(store, run_id, "pack")


def timing_job(store: Store, run_id: str) -> Job:
    """Times the packed file of a run again."""
    return _run_job(store, run_id, "time")


def calibration_job() -> Job:
    """Times presets, so that every design has an estimate on this machine."""
    folder = cache_dir()
    return Job("calibration", ("calibrate",), folder / "calibration-job.json", folder / "calibration.log", {})


def _run_job(store: Store, run_id: str, what: str) -> Job:
    folder = store.run_folder(run_id)
    return Job(f"run {run_id}", (what, run_id), folder / "engine-job.json", folder / "engine.log", environment(store))
