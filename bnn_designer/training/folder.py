"""What lies in a run's folder, by its names. Whoever reads them needs no TensorFlow."""

from __future__ import annotations

import os
from pathlib import Path

from bnn_designer.training.failures import FolderGone

#: The models of the last and of the best epoch, which packing and inference read.
MODEL_FILE, BEST_FILE = "model.keras", "best.keras"
#: The state that a run goes on from.
STATE_FILE = "state.npz"


def check_is_there(folder: Path) -> None:
    """Raises FolderGone where there is no such folder; one that cannot be looked at may be there."""
    try:
        os.stat(folder)
    except FileNotFoundError:
        raise FolderGone(
            f"{folder}: the run's folder was deleted or moved away while it trained, so nothing of it can be kept. "
            "Put it back and resume the run, or retry it."
        ) from None
    except OSError:
        return
