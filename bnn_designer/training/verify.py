"""A stored accuracy, computed again from the model that was kept."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf

from bnn_designer.nn.saved import UnreadableModel, load_saved
from bnn_designer.training.data.images import Images
from bnn_designer.training.failures import CheckpointError
from bnn_designer.training.optimizers import optimizer_for
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.steps import Steps


def validated(
    path: Path, recipe: Recipe, data: Images, images: int | None, *, float_kernels: bool = False
) -> tuple[float, float]:
    """Mean loss in nats and accuracy of a saved model, by the very computation of the run.

    Args:
        path: the model, as the run has kept it.
        recipe: of the run.
        data: as the run had it.
        images: the first so many of the validation images; None: all that the recipe has.
        float_kernels: whether it is of the first of two stages.

    Raises:
        CheckpointError: the file is no model of this program, or damaged.
    """
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    try:
        model = load_saved(path)
    except UnreadableModel as error:
        raise CheckpointError(f"{path}: the model cannot be read ({error}).") from error
    steps = Steps(model, optimizer_for(recipe, model), recipe, data)
    found = steps.validate(lambda: False, images, float_kernels)
    assert found is not None  # nobody stops it
    return found
