"""Trained Keras models: a run's last checkpoint, a file beside a design, or an untrained one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.design import Design
from bnn_designer.design.find import find_design
from bnn_designer.design.presets import PRESETS
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import Graph, lower
from bnn_designer.measuring.images import images_of, training_images
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.runs.store import Store
from bnn_designer.training.memory import check_weights

#: Images that a Keras model takes at once, as exported programs do: quantizers that scale by the largest of them see
#: the same.
_BATCH = 250
_RUN_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class TrainedModel:
    """A design with a Keras model of it.

    Attributes:
        weights: where its weights are from; "" for untrained ones.
        data: the data set that it was trained on, as a recipe names it; "" where that is not known.
        run_id: of the run that trained it; "" where there is none.
    """

    design: Design
    graph: Graph
    model: Any
    weights: str
    data: str = ""
    run_id: str = ""

    def packing_images(self, given: Path | None = None) -> npt.NDArray[np.float32] | None:
        """What its layers of 8 bits have their scales from; None where there is no such layer, or no image is known.

        Args:
            given: a file of images; None: those of the training set.

        Raises:
            BnnDesignerError: the file cannot be read, or the set is not on this machine.
        """
        from bnn_designer.packing.calibration import IMAGES, needs_images

        if not needs_images(self.graph):
            return None
        if given is not None:
            return images_of(given)
        return training_images(self.data, IMAGES) if self.data else None


def find_trained(source: str, weights: Path | None, seed: int) -> TrainedModel:
    """A run, or a design with the weights of a file, or untrained. TensorFlow is loaded once a model is to be made.

    Raises:
        BnnDesignerError: there is no such run, design or file, or the file holds no Keras model.
    """
    path = Path(source)
    if source not in PRESETS and not os.path.lexists(path) and _RUN_ID.fullmatch(source):
        if weights is not None:
            raise BnnDesignerError(f"{source}: a run has its own weights. Omit --weights, or name its design.")
        return of_run(Store(), source)
    design = find_design(source)
    if weights is not None:
        return TrainedModel(design, lower(design), _loaded(weights), str(weights))
    return untrained(design, seed)


def untrained(design: Design, seed: int) -> TrainedModel:
    """A design with weights drawn at random.

    Raises:
        BnnDesignerError: it cannot be lowered, or its weights would not fit into memory.
    """
    graph = lower(design)
    check_weights(design.name, graph)
    import_tensorflow_quietly()
    from bnn_designer.nn import build_model

    return TrainedModel(design, graph, build_model(graph, engine="float", seed=seed), "")


def keras_outputs(trained: TrainedModel, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What the Keras model makes of images, ``[n, classes]``."""
    return outputs_of(trained.model, images)


def outputs_of(model: Any, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What any Keras model makes of images, ``[n, classes]``."""
    parts = [
        np.asarray(model(images[first : first + _BATCH], training=False)) for first in range(0, len(images), _BATCH)
    ]
    return np.concatenate(parts).reshape(len(images), -1)


def of_run(store: Store, run_id: str, checkpoint: Path | None = None) -> TrainedModel:
    """The model of a run.

    Args:
        store: with the run.
        run_id: its id.
        checkpoint: one of its files; None: that of the last epoch.

    Raises:
        BnnDesignerError: there is no such run or file, or it holds no Keras model.
    """
    run, path = store.run(run_id), checkpoint or store.checkpoint_path(run_id)
    if not path.exists():
        raise BnnDesignerError(f"Run {run_id}: it has no checkpoint yet. Wait for its first epoch, or train it again.")
    return TrainedModel(run.design, lower(run.design), _loaded(path), f"run {run_id}", run.recipe.data, run_id)


def _loaded(path: Path) -> Any:
    import_tensorflow_quietly()
    from bnn_designer.nn.saved import UnreadableModel, load_saved

    try:
        return load_saved(path)
    except UnreadableModel as error:
        raise BnnDesignerError(
            f"{path}: it cannot be read as a Keras model ({error}). "
            "Name a .keras file that a run of this project wrote."
        ) from error
