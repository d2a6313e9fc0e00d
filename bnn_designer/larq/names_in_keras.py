"""Names that Larq's users write as strings in layers that are not Larq's: ``Dense(kernel_constraint="weight_clip")``.

Keras 3 looks such strings up in a table of its own, to which registered classes do not come, and which has no public
way in. Where a Keras has no such table, the objects themselves still do: ``kernel_constraint=WeightClip()``.
"""

from __future__ import annotations

import importlib
from typing import Any

from bnn_designer.larq.activations import leaky_tanh
from bnn_designer.larq.constraints import WeightClip

_NAMES: dict[str, dict[str, Any]] = {
    "keras.src.constraints": {"weight_clip": WeightClip, "WeightClip": WeightClip},
    "keras.src.activations": {"leaky_tanh": leaky_tanh},
}


def tell_keras() -> None:
    """Adds the names; what is there already stays."""
    for module, names in _NAMES.items():
        try:
            table = importlib.import_module(module).ALL_OBJECTS_DICT
        except (ImportError, AttributeError):
            continue
        for name, known in names.items():
            table.setdefault(name, known)
