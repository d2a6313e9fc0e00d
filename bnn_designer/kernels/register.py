"""Tells TensorFlow of the ops and their gradients, so that it reads a saved graph that holds them."""

from __future__ import annotations

import contextlib

from bnn_designer.errors import BnnDesignerError
from bnn_designer.kernels import (
    library,
    ops,  # noqa: F401  registers the gradients
    train_ops,  # noqa: F401  the same
)
from bnn_designer.kernels.built import find_built


def register_if_built() -> None:
    """Loads the ops if a library of them lies in the cache. Starts no compiler, and never raises.

    What stands in the way, `bnn_designer.kernels.unavailable_reason` says once the ops are needed.
    """
    with contextlib.suppress(BnnDesignerError):
        if (path := find_built()) is not None:
            library.open_library(path)
