"""The engine's predictions beside the Keras model's, image by image."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """How two sets of predictions agree.

    Attributes:
        images: how many.
        same_class: in how many the likeliest class is the same.
        largest_difference: of two outputs for one class.
        margins: of the images with another class: by how much the Keras model prefers its class to the engine's.
    """

    images: int
    same_class: int
    largest_difference: float
    margins: tuple[float, ...]

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        text = f"{self.same_class:,} of {self.images:,} images get the same class as from Keras"
        if self.margins:
            text += f"; where they differ, Keras prefers its own class by at most {max(self.margins):.2g}"
        return f"{text}; largest difference of an output: {self.largest_difference:.2g}"


def agreement(engine: FloatArray, keras: FloatArray) -> Agreement:
    """Compares ``[n, classes]`` with ``[n, classes]``."""
    ours, theirs = engine.argmax(axis=1), keras.argmax(axis=1)
    (other,) = np.nonzero(ours != theirs)
    margins = keras[other, theirs[other]] - keras[other, ours[other]]
    largest = float(np.abs(engine - keras).max()) if len(engine) else 0.0
    return Agreement(len(ours), int((ours == theirs).sum()), largest, tuple(map(float, margins)))
