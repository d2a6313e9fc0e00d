"""The real pictures that lessons try things on: test images of CIFAR-10, where this server has it."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt

from bnn_designer.training.data import DataError, describe_data
from bnn_designer.training.data.cifar10 import first_pictures

#: Classes of which a test image is offered, and what a student calls them.
_CLASSES = {8: "ship", 6: "frog", 1: "car", 3: "cat", 7: "horse"}

Pixels = npt.NDArray[np.uint8]


def real_pictures() -> list[tuple[str, Pixels]]:
    """A word for each picture, and its pixels, uint8 [32, 32, 3].

    There are none where this server has no CIFAR-10, as images do not come with the program.
    """
    folder = describe_data().path
    if folder is None:
        return []
    try:
        found = first_pictures(folder, list(_CLASSES))
    except DataError:  # the Train page says what is wrong with it
        return []
    return [(_CLASSES[label], pixels) for label, pixels in found.items()]


def base64_of(pixels: Pixels) -> str:
    """As the browser is given them: three bytes a pixel, row by row."""
    return base64.b64encode(pixels.tobytes()).decode("ascii")
