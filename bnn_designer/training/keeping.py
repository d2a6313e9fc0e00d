"""What a run keeps in its folder while it trains: the model of the last epoch and of the best, and the state."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import keras

from bnn_designer.files import replace_durably, sync_folder
from bnn_designer.training.checkpoint import Checkpoint, Identity, Position, capture, keep_as, save
from bnn_designer.training.failures import CheckpointNotWritten, Diverged, TrainingError
from bnn_designer.training.flips import Flips
from bnn_designer.training.folder import BEST_FILE, MODEL_FILE, STATE_FILE, check_is_there

# What a killed run has to compute again, at most; writing BinaryNet's state, 168 MB, takes about a second.
SAVE_EVERY_S = 180.0
SAVE_EVERY_VARIABLE = "BNN_CHECKPOINT_EVERY_S"


def save_every_s() -> float:
    """Seconds between two states within an epoch: ``BNN_CHECKPOINT_EVERY_S``, three minutes if unset.

    Raises:
        TrainingError: the variable is no number, or negative.
    """
    text = os.environ.get(SAVE_EVERY_VARIABLE, "").strip()
    if not text:
        return SAVE_EVERY_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise TrainingError(f"{SAVE_EVERY_VARIABLE}: {text!r} is not a number of seconds. Set it to one, such as 180.")
    return seconds


class Keeper:
    """Writes the files of one run; every file is whole or not there, at any moment.

    Args:
        folder: is there; one that was deleted meanwhile is not made again. None keeps nothing.
        identity: of the run.
        model, optimizer, flips: what is kept.
        save_every: seconds between two states within an epoch; None: :func:`save_every_s`.
    """

    def __init__(
        self,
        folder: Path | None,
        identity: Identity,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        flips: Flips,
        save_every: float | None,
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._model = model
        self._optimizer = optimizer
        self._flips = flips
        self._save_every_s = save_every_s() if save_every is None else save_every
        self._saved_at = time.monotonic()

    def save(self, at: Position) -> None:
        """Writes the state.

        Raises:
            Diverged: a weight is not finite; the states before are as they were.
            FolderGone: the folder was deleted or moved away.
            CheckpointNotWritten: the folder cannot be written to, or the disk is full.
        """
        if self._folder is not None:
            try:
                arrays = capture(self._model, self._optimizer) | self._flips.arrays()
            except Diverged as error:
                raise Diverged(f"Epoch {at.epoch}, after {at.step} steps: {error}") from error
            save(self._folder / STATE_FILE, Checkpoint(self._identity, at, arrays))
        self._saved_at = time.monotonic()

    def save_if_due(self, at: Position) -> None:
        """Writes the state if the last one is old."""
        if time.monotonic() - self._saved_at >= self._save_every_s:
            self.save(at)

    def save_model(self, *, is_best: bool) -> None:
        """Writes the model, and keeps it as the best one too where it is.

        Raises:
            FolderGone: the folder was deleted or moved away.
            CheckpointNotWritten: the folder cannot be written to, or the disk is full.
        """
        if self._folder is None:
            return
        check_is_there(self._folder)
        path = self._folder / MODEL_FILE
        partial = path.with_name(f".{path.stem}.partial.keras")
        try:
            self._model.save(partial)
            replace_durably(partial, path)
            if is_best:
                keep_as(path, self._folder / BEST_FILE)
                sync_folder(self._folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise CheckpointNotWritten(
                f"{path}: the checkpoint cannot be written ({error}). "
                "Free some space, or set BNN_HOME to another folder."
            ) from error
