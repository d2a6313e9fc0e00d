"""Where the files of a run lie: the part of :class:`~bnn_designer.runs.store.Store` that knows its folder."""

from __future__ import annotations

from pathlib import Path

from bnn_designer.runs.scope import Scoped
from bnn_designer.training.folder import BEST_FILE, MODEL_FILE, STATE_FILE


class Paths(Scoped):
    """Each raises StoreError, as where there is no such run, if the run is another account's.

    Attributes:
        home: the folder under which ``runs/<id>/`` lie.
    """

    home: Path

    def run_folder(self, run_id: str) -> Path:
        """The folder of one run; it exists while a worker writes there."""
        self.check_mine(run_id)
        return self.home / "runs" / run_id

    def checkpoint_path(self, run_id: str) -> Path:
        """Where the model of the last finished epoch lies."""
        return self.run_folder(run_id) / MODEL_FILE

    def best_path(self, run_id: str) -> Path:
        """Where the model of the epoch with the best validation lies."""
        return self.run_folder(run_id) / BEST_FILE

    def state_path(self, run_id: str) -> Path:
        """Where the state lies that a run goes on from."""
        return self.run_folder(run_id) / STATE_FILE

    def log_path(self, run_id: str) -> Path:
        """Where a worker's output goes, tracebacks included."""
        return self.run_folder(run_id) / "worker.log"
