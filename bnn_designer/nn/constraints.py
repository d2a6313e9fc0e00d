"""Weight constraints of binary layers, as Larq users know them."""

from __future__ import annotations

from typing import Any

import keras

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.quantizers import PACKAGE
from bnn_designer.nn.signs import is_number


@keras.saving.register_keras_serializable(PACKAGE)
class WeightClip(keras.constraints.Constraint):  # type: ignore[misc]
    """Clips the latent weights to ``[-clip_value, clip_value]`` after every update.

    Beyond ``|w| = 1`` the straight-through gradient is zero: a latent weight that got there would never move again.

    Args:
        clip_value: the largest magnitude left.

    Raises:
        LayerError: ``clip_value`` is not positive.
    """

    def __init__(self, clip_value: float = 1) -> None:
        if not (is_number(clip_value) and clip_value > 0):
            raise LayerError(
                "WeightClip", f"clip_value must be a positive number, got {clip_value!r}", "The usual value is 1"
            )
        self.clip_value = clip_value

    def __call__(self, w: Any) -> Any:
        """The weights, clipped; shape and type unchanged."""
        return keras.ops.clip(w, -self.clip_value, self.clip_value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {"clip_value": self.clip_value}


weight_clip = WeightClip

_BY_NAME = {"weight_clip": WeightClip, "WeightClip": WeightClip}


def get(identifier: Any) -> Any:
    """The constraint that an argument of a layer means: ours by name, else whatever Keras makes of it.

    Raises:
        LayerError: neither we nor Keras know it.
    """
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier]()
    try:
        return keras.constraints.get(identifier)
    except ValueError as error:
        raise LayerError(
            "constraint",
            f"{identifier!r} is not a weight constraint",
            "Use 'weight_clip', the name of a Keras constraint, a constraint object, or None",
        ) from error
