"""How what was exported answers images, where it is run, beside what it was exported from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Proof:
    """How the scores of two agree.

    Attributes:
        images: how many.
        same_class: in how many the class is the same.
        largest_difference: of two scores, and ``largest_score`` the largest magnitude among those of ``beside``.
        run_by: what ran the export, such as "gcc" or "OpenVINO 2026.4".
        beside: what it is compared with: "the engine" or "the Keras model".
    """

    images: int
    same_class: int
    largest_difference: float
    largest_score: float
    run_by: str
    beside: str

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"run by {self.run_by}: {self.same_class:,} of {self.images:,} images get the same class as from "
            f"{self.beside}; largest difference of a score: {self.largest_difference:.2g}, of scores up to "
            f"{self.largest_score:.3g}"
        )


def compared(found: FloatArray, wanted: FloatArray, run_by: str, beside: str) -> Proof:
    """The proof of scores ``[n, classes]`` that the receiver gave, and of those that it should give.

    Raises:
        ValueError: their shapes differ.
    """
    if found.shape != wanted.shape:
        raise ValueError(f"scores of shape {found.shape} stand beside {wanted.shape}")
    if not len(found):
        return Proof(0, 0, 0.0, 0.0, run_by, beside)
    same = int((found.argmax(axis=1) == wanted.argmax(axis=1)).sum())
    return Proof(len(found), same, float(np.abs(found - wanted).max()), float(np.abs(wanted).max()), run_by, beside)
