"""Whether a run's stored figures are those of the models that it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnn_designer.runs.database import StoreError
from bnn_designer.runs.store import Store
from bnn_designer.training.data import load
from bnn_designer.training.events import EpochEnd, best_epoch


@dataclass(frozen=True)
class Verified:
    """A kept model's figures on the validation images, as stored and as computed again.

    Attributes:
        model: which one.
        epoch: after which it was kept.
        images: how many it was validated on; None: not stored.
        stored, found: mean loss in nats, and accuracy.
    """

    model: Literal["last", "best"]
    epoch: int
    images: int | None
    stored: tuple[float, float]
    found: tuple[float, float]

    @property
    def holds(self) -> bool:
        """Whether they are the same, to the last digit."""
        return self.stored == self.found


def verify(store: Store, run_id: str) -> tuple[Verified, ...]:
    """Computes the validation of a run's last and best model again. Loads TensorFlow.

    Raises:
        StoreError: there is no such run, or no epoch of it is finished.
        CheckpointError: a model is missing or damaged.
        DataError: the images are not there.
    """
    run = store.run(run_id)
    epochs = [item.event for item in store.events(run_id) if isinstance(item.event, EpochEnd)]
    if not epochs:
        raise StoreError(f"Run {run_id}: no epoch of it is finished, so there is nothing to verify. Resume it.")
    data = load(run.recipe.data)

    from bnn_designer.training.threads import pin_threads
    from bnn_designer.training.verify import validated

    if run.threads is not None:
        pin_threads(run.threads)
    # of the first of two stages, none is the best
    checks: tuple[tuple[Literal["last", "best"], EpochEnd | None], ...] = (
        ("last", epochs[-1]),
        ("best", best_epoch(epochs)),
    )
    found = []
    for model, end in checks:
        path = store.checkpoint_path(run_id) if model == "last" else store.best_path(run_id)
        if end is None or (model == "best" and not path.exists()):
            continue  # of a version that kept the last one only
        again = validated(path, run.recipe, data, end.validation_images, float_kernels=end.float_kernels)
        found.append(Verified(model, end.epoch, end.validation_images, (end.val_loss, end.val_accuracy), again))
    return tuple(found)
