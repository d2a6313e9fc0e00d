"""What the pieces of the lesson on one binary layer are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.signs import INPUTS, KERNELS, RING, WEIGHTS, signs_of
from bnn_designer.ui.learn.pictures import base64_of, real_pictures

_RING = "A bright ring, drawn for this lesson. Bright is +1, dark is −1."  # noqa: RUF001  # as the piece writes it
_PICTURE = (
    "A test image of CIFAR-10. A pixel is +1 where it is at least as bright as the mean of its picture, else −1. "  # noqa: RUF001
    "How bright it is: red, green and blue added up."
)


def layer() -> Mapping[str, Any]:
    """The signs that it begins with."""
    return {"inputs": INPUTS, "weights": WEIGHTS}


def convolution() -> Mapping[str, Any]:
    """Test images as signs, where this server has some, then the ring; and the kernels to begin with."""
    images = [
        {"title": f"a {title}", "says": _PICTURE, "signs": signs_of(pixels), "pixels": base64_of(pixels)}
        for title, pixels in real_pictures()
    ]
    ring = {"title": "a drawn ring", "says": _RING, "signs": RING, "pixels": ""}
    return {
        "images": [*images, ring],
        "kernels": [{"name": name, "signs": signs} for name, signs in KERNELS.items()],
    }
