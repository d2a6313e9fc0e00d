"""What the pieces of the lesson on pools are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.pool_layers import FILE, IMAGES
from bnn_designer.lessons.pooling import ORDERS, SIZES
from bnn_designer.ui.learn.folding_data import folds
from bnn_designer.ui.learn.pictures import base64_of, real_pictures

#: What is shown first: the filter whose neighbours are least alike.
_FILTER = 2
_NEIGHBOURS = ("batch_norm_first", "pool_first")


def orders() -> Mapping[str, Any]:
    """The layers, what was counted in them, the pictures, and the orders."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        "first": document["first"],
        "filters": document["filters"],
        "shown": {"filter": _FILTER},
        "pictures": [{"title": title, "pixels": base64_of(pixels)} for title, pixels in real_pictures()],
        "images": IMAGES,
        "sizes": SIZES,
        "orders": [{"name": name, "title": title} for name, title in ORDERS.items()],
    }


def programs() -> Mapping[str, Any]:
    """What the deployed program runs in either order."""
    return folds(_NEIGHBOURS)
