"""Whether the memory of this machine suffices for a run, before it starts. No TensorFlow here: pages ask it too."""

from __future__ import annotations

import math
from pathlib import Path

import psutil

from bnn_designer.cost.training_memory import ADAM_SLOTS, TrainingMemory, training_memory
from bnn_designer.design import Design
from bnn_designer.graph import Graph, lower
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


def check_memory(
    design: Design,
    recipe: Recipe,
    free_bytes: int | None = None,
    *,
    teacher: Design | None = None,
    images: int | None = None,
) -> None:
    """Raises OutOfMemory where :func:`needed_bytes` is more than there is, with the batch size that would fit.

    Args:
        design: can be lowered.
        recipe: of the run.
        free_bytes: None: :func:`available_bytes`.
        teacher: as in :func:`needed_bytes`.
        images: as there.
    """
    free_bytes = available_bytes() if free_bytes is None else free_bytes
    needed, activation_bytes = _needed(design, recipe, teacher, images)
    if needed <= free_bytes:
        return
    an_image_bytes = activation_bytes // recipe.batch_size
    fits = (free_bytes - (needed - activation_bytes)) // an_image_bytes if an_image_bytes else 0
    mend = f"Lower the batch size to {fits} or less" if fits >= 2 else "Make the network smaller"
    raise OutOfMemory(
        f"{design.name}: training it with batch size {recipe.batch_size:,} takes at least {bytes_text(needed)}, "
        f"and {bytes_text(free_bytes)} are free. {mend}, or close what else needs memory."
    )


def check_weights(name: str, graph: Graph) -> None:
    """Raises OutOfMemory where this machine cannot hold a network's weights, before they are made.

    Args:
        name: of the design, for the error.
        graph: of the network, whose binary kernels are floats, too, until they are packed.
    """
    needed, free_bytes = PROCESS_BYTES + training_memory(graph, 1, "float").model_bytes, available_bytes()
    if needed > free_bytes:
        raise OutOfMemory(
            f"{name}: its weights take {bytes_text(needed)} as floats, and {bytes_text(free_bytes)} are free. "
            "Make the network smaller, or close what else needs memory."
        )


def needed_bytes(design: Design, recipe: Recipe, *, teacher: Design | None = None, images: int | None = None) -> int:
    """What the tensors and the images of a run take at least.

    With n trained numbers, s statistics of batch norms, N images of p bytes, batches of B images, k_i bytes that the
    forward pass of stage i keeps of an image for the backward pass
    (:func:`bnn_designer.cost.training_memory.training_memory`), all float32 but for the images, which are bytes::

        N p  +  4 n (1 + 1 + slots)  +  4 s  +  B max_i k_i  +  4 (n + s of the teacher)

    - 1 + 1 + slots: a weight, its gradient, and what the optimizer keeps of it (:func:`least_optimizer_bytes`).
    - The maximum: the stages follow each other and share weights and optimizer. In the first one kernels are floats, so
      binary layers keep floats in place of bits; the second alone has the bits.
    - Of a teacher the weights, binary ones as floats, too. It has no gradients, no optimizer, and as no gradient goes
      through it, nothing of its forward pass is kept.

    What operations work in comes on top, the teacher's forward pass included, so a run that passes may still need more;
    one that does not pass cannot run.

    Args:
        design: can be lowered.
        recipe: of the run.
        teacher: the design of the recipe's teacher; None: there is none, or it is not known.
        images: how many train and validate, where they are read already; None: as many as the recipe and a published
            set say, and none of images of one's own that no subset limits.
    """
    return _needed(design, recipe, teacher, images)[0]


def _needed(design: Design, recipe: Recipe, teacher: Design | None, images: int | None) -> tuple[int, int]:
    """All, and what of it grows with the batch."""
    engine = "float" if recipe.engine == "float" else "xnor"
    if images is None:
        images = (recipe.most_train_images or 0) + (recipe.most_validation_images or 0)
    graph = lower(design)
    memory = training_memory(graph, recipe.batch_size, engine)
    activation_bytes = memory.activation_bytes
    if recipe.first_stage_epochs:
        first = training_memory(graph, recipe.batch_size, engine, float_kernels=True)
        activation_bytes = max(activation_bytes, first.activation_bytes)
    fixed_bytes = (
        images * math.prod(design.input_shape)
        + memory.model_bytes
        + memory.gradient_bytes
        + least_optimizer_bytes(memory, recipe)
    )
    if teacher is not None:
        fixed_bytes += training_memory(lower(teacher)).model_bytes
    return fixed_bytes + activation_bytes, activation_bytes
