"""What a model's layers run on, in the words of a run's events."""

from __future__ import annotations

from typing import Literal

import keras

from bnn_designer.nn import engines, gradients_of
from bnn_designer.training.events import LayerRun


def engine_of(model: keras.Model) -> tuple[Literal["xnor", "float"], str | None]:
    """What the model's binary layers run on; where that is float, every reason its layers give, once."""
    choices = engines(model).values()
    if any(choice.used == "xnor" for choice in choices):
        return "xnor", None
    return "float", "; ".join(dict.fromkeys(choice.reason for choice in choices)) or "no layer that could be binary"


def layers_of(model: keras.Model) -> tuple[LayerRun, ...]:
    """What each layer that could be binary runs on, in their order."""
    gradients = gradients_of(model)
    return tuple(
        LayerRun(
            name=name,
            engine=engine.used,
            gradients=gradients[name].used,
            # Of XNOR it goes without saying: both operands are signs.
            reason=gradients[name].reason if engine.used == "xnor" else engine.reason,
        )
        for name, engine in engines(model).items()
    )
