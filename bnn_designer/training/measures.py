"""What is measured of a network at the end of each epoch, layer by layer, beside loss and accuracy."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.nn import CaseOptimizer, WeightClip, binary_kernel_layers
from bnn_designer.nn.quantized import QuantizedLayer
from bnn_designer.nn.quantizers import gives_signs
from bnn_designer.training.augment import scale
from bnn_designer.training.events import LayerMeasures
from bnn_designer.training.flips import Flips

#: Validation images on which the inputs of signs are looked at: 100 images of 16 x 16 pixels are 25,600 values of each
#: channel, so that a share of a channel alone is right to 0.01. Their cost is that of validating 100 images more.
SIGN_IMAGES = 100


class Measures:
    """Flip ratio, clipped latent weights and the inputs of signs of one model in training.

    All that its figures follow from, the signs of the binary kernels at the end of the last epoch, is in variables that
    it adds to the optimizer's: who saves and restores those goes on as if nothing had happened.

    Attributes:
        flips: of each binary weight, which a state keeps beside the variables.

    Args:
        model: in training.
        optimizer: built for the model.
        images: uint8 [N, height, width, channels], of which the first ``SIGN_IMAGES`` are used.
    """

    def __init__(self, model: keras.Model, optimizer: keras.optimizers.Optimizer, images: tf.Tensor) -> None:
        self._images = images[:SIGN_IMAGES]
        layers = [layer for layer in model.layers if isinstance(layer, QuantizedLayer)]
        binary = {layer.name: layer for layer in binary_kernel_layers(model)}
        flipped = set(optimizer.paths) if isinstance(optimizer, CaseOptimizer) else set()
        self._signs = {}
        for name, layer in binary.items():
            signs = _packed_signs(layer)
            variable = optimizer.add_variable(signs.shape, dtype="uint8", name=f"{name}_signs")
            variable.assign(signs)
            self._signs[name] = variable, layer
        self.flips = Flips({name: int(np.prod(layer.kernel.shape)) for name, layer in binary.items()})
        self._clipped = {
            layer.name: (layer.kernel, np.float32(layer.kernel.constraint.clip_value))
            for layer in layers
            # Bop's weights are no latent ones: all of them are at 1
            if isinstance(layer.kernel.constraint, WeightClip) and layer.kernel.path not in flipped
        }
        signed = [layer for layer in layers if gives_signs(layer.input_quantizer)]
        self._signed = [layer.name for layer in signed]
        self._names = [layer.name for layer in layers]
        taps = keras.Model(model.inputs, [layer.input for layer in signed]) if signed else None

        @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
        def positive_counts(images: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
            """Of each sign's input: how many values are at least 0, and how many there are."""
            if taps is None:
                return []
            return [
                (tf.reduce_sum(tf.cast(values >= 0, tf.int32)), tf.size(values))
                for values in tf.nest.flatten(taps(scale(images), training=False))  # one alone comes without a list
            ]

        self._positive_counts = positive_counts

    def at_epoch_end(self) -> tuple[LayerMeasures, ...]:
        """The measures of each layer that has any, in the order of the layers; flips are counted since the last call.

        Raises:
            tf.errors.InvalidArgumentError: the XNOR op was given a NaN.
        """
        flips, clipped = self._flip_ratios(), dict(self._clipped_shares())
        counts = zip(self._signed, self._positive_counts(self._images), strict=True)
        positive = {name: int(count) / int(total) for name, (count, total) in counts}
        return tuple(
            LayerMeasures(
                name=name,
                flip_ratio=flips.get(name),
                clipped_share=clipped.get(name),
                positive_share=positive.get(name),
            )
            for name in self._names
            if name in flips or name in clipped or name in positive
        )

    def _flip_ratios(self) -> dict[str, float]:
        changed = {}
        for name, (variable, layer) in self._signs.items():
            signs = _packed_signs(layer)
            changed[name] = signs ^ variable.numpy()
            variable.assign(signs)
        counts = self.flips.add(changed)
        return {name: count / len(self.flips.layers[name].last) for name, count in counts.items()}

    def _clipped_shares(self) -> Iterator[tuple[str, float]]:
        for name, (kernel, clip) in self._clipped.items():
            # within one unit in the last place: a clip is exact, what a step adds to it need not be
            at_clip = np.abs(kernel.numpy()) >= np.nextafter(clip, np.float32(0))
            yield name, float(at_clip.mean())


def _packed_signs(layer: QuantizedLayer) -> npt.NDArray[np.uint8]:
    """The signs of a kernel, a bit each, uint8 [number of weights / 8, rounded up]; the sign of 0 is +1."""
    return np.packbits(layer.kernel.numpy().ravel() >= 0)
