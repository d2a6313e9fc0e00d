"""Whether the memory of this machine suffices for a run, before it starts. No TensorFlow here: pages ask it too."""

from __future__ import annotations

import math
from pathlib import Path

import psutil

from bnn_designer.cost.training_memory import ADAM_SLOTS, TrainingMemory, training_memory
from bnn_designer.design import Design
from bnn_designer.graph import lower
from bnn_designer.training.failures import OutOfMemory
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import bytes_text

# A worker before it has a tensor: Python, TensorFlow 2.21, Keras and this program. 637 MiB were measured (peak resident
# memory after the imports, x86-64), and this is a little more.
PROCESS_BYTES = 700 * 1024**2

_GROUP = Path("/sys/fs/cgroup")


def available_bytes() -> int:
    """Memory that can be had without swapping: of the machine, and within the limit of a container."""
    free: int = psutil.virtual_memory().available
    try:
        limit = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return min(free, max(0, limit - used))


def least_optimizer_bytes(memory: TrainingMemory, recipe: Recipe) -> int:
    """What a recipe's optimizer keeps at least: of each trained number, Adam two, Bop's average and a momentum one.

    Bop trains the binary kernels alone, beside Adam; here it counts for all.
    """
    if recipe.optimizer == "adam":
        return memory.optimizer_bytes
    has_any = recipe.optimizer == "adam_bop" or recipe.momentum > 0
    return memory.optimizer_bytes // ADAM_SLOTS if has_any else 0


def check_memory(design: Design, recipe: Recipe, free_bytes: int | None = None) -> None:
    """Raises OutOfMemory where the tensors alone need more than there is, with the batch size that would fit.

    What operations work in comes on top (see :mod:`bnn_designer.cost.training_memory`), so a run that passes may still
    need more; one that does not pass cannot run.

    Args:
        design: can be lowered.
        recipe: of the run.
        free_bytes: None: :func:`available_bytes`.
    """
    free_bytes = available_bytes() if free_bytes is None else free_bytes
    needed, activation_bytes = _needed(design, recipe)
    if needed <= free_bytes:
        return
    an_image_bytes = activation_bytes // recipe.batch_size
    fits = (free_bytes - (needed - activation_bytes)) // an_image_bytes if an_image_bytes else 0
    mend = f"Lower the batch size to {fits} or less" if fits >= 2 else "Make the network smaller"
    raise OutOfMemory(
        f"{design.name}: training it with batch size {recipe.batch_size:,} takes at least {bytes_text(needed)}, "
        f"and {bytes_text(free_bytes)} are free. {mend}, or close what else needs memory."
    )


def needed_bytes(design: Design, recipe: Recipe) -> int:
    """What the tensors and the images of a run take at least; see :func:`check_memory`."""
    return _needed(design, recipe)[0]


def _needed(design: Design, recipe: Recipe) -> tuple[int, int]:
    """All, and what of it grows with the batch."""
    engine = "float" if recipe.engine == "float" else "xnor"
    # of images of one's own nobody knows how many there are before they are read: those are not counted
    images = (recipe.most_train_images or 0) + (recipe.most_validation_images or 0)
    data_bytes = images * math.prod(design.input_shape)
    memory = training_memory(lower(design), recipe.batch_size, engine)
    saved_bytes = memory.optimizer_bytes - least_optimizer_bytes(memory, recipe)
    return memory.total_bytes - saved_bytes + data_bytes, memory.activation_bytes
