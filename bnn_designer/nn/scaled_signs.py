"""Signs times a magnitude, for kernels: a scale for each filter, or one for the whole kernel.

The scale can be taken out of the product, ``x * (s w) = s (x * w)``, so a layer multiplies signs (in XNOR and popcount
where it can) and then scales its outputs. Of an input it cannot: its last axis, that of the channels, is summed over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, cast

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.flip_ratio import PACKAGE
from bnn_designer.nn.quantizer import Quantizer, floats, named
from bnn_designer.nn.signs import check_clip_value, ste_sign


class ScaledSign(Quantizer, ABC):
    """Base: ``scale(x) * signs(x)``. For kernels, whose last axis is that of the filters."""

    @abstractmethod
    def signs(self, x: tf.Tensor) -> tf.Tensor:
        """-1 and +1 in the shape of ``x``, with a gradient."""

    @abstractmethod
    def scale(self, x: tf.Tensor) -> tf.Tensor:
        """The magnitude: ``[filters]`` or ``[]``."""

    def call(self, inputs: Any) -> tf.Tensor:
        """The scaled signs, in the shape of the inputs."""
        inputs = floats(inputs)
        return self.scale(inputs) * self.signs(inputs)


def _mean_magnitude(x: tf.Tensor) -> tf.Tensor:
    """Of each filter: the mean over all axes but the last."""
    return tf.reduce_mean(tf.abs(x), axis=list(range(len(x.shape) - 1)))


@keras.saving.register_keras_serializable(PACKAGE)
@named("magnitude_aware_sign")
class MagnitudeAwareSign(ScaledSign):
    """Sign times each filter's mean magnitude, which the gradient takes as given.

    Bi-Real Net, arXiv 1808.00278, section 3.3 (`larq.quantizers.MagnitudeAwareSign`).

    Args:
        clip_value: the sign's gradient is 1 where ``|x| <= clip_value``, else 0; None never clips it.
        **kwargs: as `Quantizer` has them.

    Raises:
        LayerError: ``clip_value`` is not positive.
    """

    def __init__(self, clip_value: float | None = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_clip_value(f"MagnitudeAwareSign '{self.name}'", clip_value)
        self.clip_value = clip_value

    def signs(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return ste_sign(x, clip_value=self.clip_value)

    def scale(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return tf.stop_gradient(_mean_magnitude(x))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        return {**super().get_config(), "clip_value": self.clip_value}


@keras.saving.register_keras_serializable(PACKAGE)
@named("xnor_weight_scale")
class XnorWeightScale(ScaledSign):
    """Sign times each filter's mean magnitude, with a gradient of both; magnitudes count up to 1.

    XNOR-Net, arXiv 1603.05279, section 3.1, as Larq Zoo trains it.
    """

    def signs(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return ste_sign(tf.clip_by_value(x, -1.0, 1.0))

    def scale(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return _mean_magnitude(tf.clip_by_value(x, -1.0, 1.0))


@keras.saving.register_keras_serializable(PACKAGE)
@named("dorefa_sign")
class DorefaSign(ScaledSign):
    """Sign times the mean magnitude of the whole kernel, the gradient passed on unchanged.

    The weights of 1 bit of DoReFa-Net, arXiv 1606.06160, eq. 8.
    """

    def signs(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return ste_sign(x, clip_value=None)

    def scale(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return tf.stop_gradient(tf.reduce_mean(tf.abs(x)))


def splits(quantizer: Callable[[Any], Any] | None) -> bool:
    """Whether the quantizer is its two parts: a class derived from `ScaledSign` may compute something else."""
    return isinstance(quantizer, ScaledSign) and all(
        getattr(type(quantizer), name) is getattr(ScaledSign, name) for name in ("call", "__call__")
    )


def split(quantizer: Callable[[Any], Any] | None, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
    """What is multiplied, and the scale, ``[filters]`` or ``[]`` (None: 1), that its products are to have.

    Raises:
        LayerError: the quantizer's scale has another shape.
    """
    if not splits(quantizer):
        return x if quantizer is None else quantizer(x), None
    x, scaled = floats(x), cast(ScaledSign, quantizer)
    scale = scaled.scale(x)
    if scale.shape.rank != 0 and scale.shape != x.shape[-1:]:
        raise LayerError(
            f"{type(quantizer).__name__} '{scaled.name}'",
            f"scale() must give one number, or one for each of the {x.shape[-1]} filters, got shape {scale.shape}",
            "Take the mean over all axes but the last, without keepdims",
        )
    signs = scaled.signs(x)
    if scaled.measures:
        scaled.observe(scale * signs)
    return signs, scale
