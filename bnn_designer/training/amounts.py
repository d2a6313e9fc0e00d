"""How much a run works through: images of its epochs and validations, and the threads that share it.

No TensorFlow here: a page asks before anything trains.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from bnn_designer.training.failures import TrainingError
from bnn_designer.training.recipe import SHORT_RUN_IMAGES, Recipe

THREADS_VARIABLE = "BNN_THREADS"

# Of a short run, until its last epoch: an accuracy of 50 % is then known to sqrt(0.5 x 0.5 / 2000) = 1.1 points.
SHORT_VALIDATION = 2000


@dataclass(frozen=True)
class Amounts:
    """Images of a whole run.

    Attributes:
        epochs: passes over the training images.
        train_images: of all epochs; the last, smaller batch of each is left out.
        validation_images: after all epochs.
        last_validation_images: after the last one.
    """

    epochs: int
    train_images: int
    validation_images: int
    last_validation_images: int


def amounts(recipe: Recipe, train_images: int, validation_images: int) -> Amounts:
    """What a recipe works through.

    Args:
        recipe: of the run.
        train_images, validation_images: of the data set that are in use, after the recipe's subsets; at least 1.
    """
    batch_size = min(recipe.batch_size, train_images)
    images = train_images // batch_size * batch_size
    validated = [validation_images_at(epoch, recipe, train_images, validation_images) for epoch in (1, recipe.epochs)]
    return Amounts(
        recipe.epochs, recipe.epochs * images, (recipe.epochs - 1) * validated[0] + validated[1], validated[1]
    )


def validation_images_at(epoch: int, recipe: Recipe, train_count: int, validation_count: int) -> int:
    """How many images an epoch is validated on.

    Unless the recipe says how many, a short run takes a part until its last epoch: else it would spend more time on
    validating than on training, for a figure that moves by the noise of its few steps anyway.
    """
    is_short = recipe.validation_subset is None and recipe.epochs * train_count <= SHORT_RUN_IMAGES
    return min(SHORT_VALIDATION, validation_count) if is_short and epoch < recipe.epochs else validation_count


def threads_wanted() -> int:
    """Threads for a new run: ``BNN_THREADS``, else one for each processor that this process may use.

    Raises:
        TrainingError: the variable is not a whole number of at least 1.
    """
    text = os.environ.get(THREADS_VARIABLE, "").strip()
    if text and (not text.isdecimal() or int(text) < 1):
        raise TrainingError(f"{THREADS_VARIABLE}: {text!r} is not a whole number of at least 1. Set it to one.")
    return int(text) if text else processors()


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
