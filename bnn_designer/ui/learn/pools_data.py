"""What the pieces of the lesson on pools are given."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.pool_layers import FILE, IMAGES
from bnn_designer.lessons.pooling import ORDERS, SIZES
from bnn_designer.training.data import DataError, describe_data
from bnn_designer.training.data.cifar10 import first_pictures
from bnn_designer.ui.learn.folding_data import folds

#: What is shown first: the filter whose neighbours are least alike.
_FILTER = 2
#: Classes of CIFAR-10 of which a test image is offered, and what a student calls them.
_CLASSES = {8: "ship", 6: "frog", 1: "car", 3: "cat", 7: "horse"}
_NEIGHBOURS = ("batch_norm_first", "pool_first")


def orders() -> Mapping[str, Any]:
    """The layers, what was counted in them, the pictures, and the orders."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        "first": document["first"],
        "filters": document["filters"],
        "shown": {"filter": _FILTER},
        "pictures": _pictures(),
        "images": IMAGES,
        "sizes": SIZES,
        "orders": [{"name": name, "title": title} for name, title in ORDERS.items()],
    }


def _pictures() -> list[dict[str, str]]:
    """Test images to try; none where this server has no CIFAR-10, as images do not come with the program."""
    folder = describe_data().path
    if folder is None:
        return []
    try:
        found = first_pictures(folder, list(_CLASSES))
    except DataError:  # the Train page says what is wrong with it
        return []
    return [
        {"title": _CLASSES[label], "pixels": base64.b64encode(pixels.tobytes()).decode("ascii")}
        for label, pixels in found.items()
    ]


def programs() -> Mapping[str, Any]:
    """What the deployed program runs in either order."""
    return folds(_NEIGHBOURS)
