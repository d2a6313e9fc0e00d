"""Channels of an image scaled by what is in an image: two small dense layers between its means and the scales."""

from __future__ import annotations

from typing import Any

import keras

from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.flip_ratio import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class RealToBinaryGate(keras.layers.Layer):  # type: ignore[misc]
    """Scales what a binary convolution gives by what went into it, before signs threw that away.

    Martinez et al. 2020, "Training Binary Neural Networks with Real-to-Binary Convolutions", arXiv 2003.11535:
    means of the channels, a dense layer of ``C / reduction`` units with relu, one of as many as the image has channels
    with sigmoid; all in float.

    Inputs ``[image, source]``, ``[N, H, W, C']`` and ``[N, h, w, C]``; output ``[N, H, W, C']``.

    Args:
        reduction: by how much the first dense layer is narrower than the source.
        use_bias: whether the dense layers add one; blocks ``ChannelScaling`` of a design do not.
        **kwargs: as Keras' layers have them.

    Raises:
        LayerError: ``reduction`` is below 1; or (when built) an input is no image, or has fewer channels than that.
    """

    def __init__(self, reduction: int = 8, use_bias: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if reduction < 1:
            raise LayerError(self._where, f"reduction must be 1 or more, got {reduction!r}", "The usual value is 8")
        self.reduction = reduction
        self.use_bias = use_bias

    @property
    def _where(self) -> str:
        return f"{type(self).__name__} '{self.name}'"

    def build(self, input_shape: Any) -> None:
        """Creates the two dense layers.

        Raises:
            LayerError: an input is no image, or the source has fewer channels than the reduction.
        """
        try:
            image, source = (tuple(shape) for shape in input_shape)
        except (TypeError, ValueError):
            raise LayerError(
                self._where,
                f"it takes two images, what is scaled and what it is scaled by, got one input of shape {input_shape}",
                "Call it on a list of both: gate([image, source])",
            ) from None
        if len(image) != 4 or len(source) != 4 or source[-1] < self.reduction:
            raise LayerError(
                self._where,
                f"it cannot scale {tuple(image)} by {tuple(source)} with a reduction of {self.reduction}",
                "Give it images [N, H, W, C], the second with at least as many channels as the reduction",
            )
        units = source[-1] // self.reduction
        self.reduce = keras.layers.Dense(units, "relu", use_bias=self.use_bias, name="reduce")
        self.expand = keras.layers.Dense(image[-1], "sigmoid", use_bias=self.use_bias, name="expand")
        self.reduce.build((None, source[-1]))
        self.expand.build((None, units))

    def call(self, inputs: Any) -> Any:
        """The image, each channel times a number between 0 and 1."""
        image, source = inputs
        scales = self.expand(self.reduce(keras.ops.mean(source, axis=(1, 2))))
        return image * scales[:, None, None, :]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the image."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "reduction": self.reduction, "use_bias": self.use_bias}


@keras.saving.register_keras_serializable(PACKAGE)
class SqueezeExcite(RealToBinaryGate):
    """Scales an image's channels by what is in itself (Hu et al. 2018, arXiv 1709.01507).

    The same dense layers as `RealToBinaryGate`. Input and output ``[N, H, W, C]``.

    Args:
        reduction: by how much the first dense layer is narrower than the image.
        use_bias: whether the dense layers add one.
        **kwargs: as Keras' layers have them.

    Raises:
        LayerError: as `RealToBinaryGate`.
    """

    def __init__(self, reduction: int = 16, use_bias: bool = False, **kwargs: Any) -> None:
        super().__init__(reduction, use_bias, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Creates the two dense layers.

        Raises:
            LayerError: as `RealToBinaryGate`.
        """
        super().build((input_shape, input_shape))

    def call(self, inputs: Any) -> Any:
        """The image, each channel times a number between 0 and 1."""
        return super().call((inputs, inputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape stays."""
        return input_shape
