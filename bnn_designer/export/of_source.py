"""What there is of a source to export, for the worker: a run's network, or a design with weights drawn at random."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bnn_designer.export.material import Material
from bnn_designer.export.of_run import curves_of, material_of_run
from bnn_designer.export.source import Source, kept_design
from bnn_designer.measuring.checkpoint import untrained
from bnn_designer.measuring.images import test_images
from bnn_designer.packing.calibration import IMAGES, needs_images
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.runs.store import Store

#: Images that are run in the receiver and beside it: of a run, and of a design, which answers at random anyhow.
CHECK_IMAGES, RANDOM_IMAGES = 250, 50
#: A receiver may take a second for a large image.
_MOST_PIXELS = RANDOM_IMAGES * 64 * 64 * 3


def material_of(store: Store, source: Source, *, of_weights: bool) -> Material:
    """What a target's writer takes.

    Args:
        store: with the run.
        source: the run or the design.
        of_weights: whether a model is needed; else no TensorFlow is loaded.

    Raises:
        BnnDesignerError: there is no such run or design, or no checkpoint that can be read.
    """
    if source.kind == "run":
        if of_weights:
            import_tensorflow_quietly()
            return material_of_run(store, source.id)
        return Material.of_model(store.run(source.id).design, None, str(source), curves=curves_of(store, source.id))
    design = kept_design(source)
    if not of_weights:
        return Material.of_model(design, None, "")
    made = untrained(design, seed=0)
    # scales of layers of 8 bits follow from images; of weights at random, those of any images will do
    images = random_images(made.graph.input.shape, IMAGES) if needs_images(made.graph) else None
    return Material.of_model(design, made.model, "", images)


def check_images(store: Store, source: Source, material: Material) -> tuple[npt.NDArray[np.float32], str]:
    """The images ``[n, height, width, channels]`` for the proof, and what they are, for people.

    Raises:
        BnnDesignerError: the run's data set is not on this machine.
    """
    if source.kind == "run":
        data = store.run(source.id).recipe.data
        images = test_images(data)[0][:CHECK_IMAGES]
        return images, f"test images of {data}"
    shape = material.design.input_shape
    return random_images(shape, max(1, min(RANDOM_IMAGES, _MOST_PIXELS // math.prod(shape)))), "images of random pixels"


def random_images(shape: tuple[int, ...], count: int) -> npt.NDArray[np.float32]:
    """So many images of a shape whose values lie from -1 to 1, the same each time."""
    return np.random.default_rng(0).uniform(-1, 1, (count, *shape)).astype(np.float32)
