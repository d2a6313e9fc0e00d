"""What lies in a run's folder, by its names. Whoever reads them needs no TensorFlow."""

from __future__ import annotations

#: The models of the last and of the best epoch, which packing and inference read.
MODEL_FILE, BEST_FILE = "model.keras", "best.keras"
#: The state that a run goes on from.
STATE_FILE = "state.npz"
