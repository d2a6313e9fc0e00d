"""What tensors reach while a trained model looks at images: the ranges of 8-bit layers' inputs and outputs.

A layer with the quantizer ``int8`` finds its inputs' scale anew in every batch while it is trained. A packed network
has one that stays, so images have to show it: min-max calibration, as TensorFlow Lite's representative data set is for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import Graph, ops
from bnn_designer.packing.errors import PackError
from bnn_designer.packing.int8 import Range

FloatArray = npt.NDArray[np.float32]

#: Images of a training set that are enough; TensorFlow Lite's guide says 100 to 500.
IMAGES = 256
#: That the model takes at once.
_BATCH = 64


def needs_images(graph: Graph) -> bool:
    """Whether a network cannot be packed without images: it has a layer of 8 bits."""
    return any(isinstance(layer.op, ops.QuantizedOp) and layer.op.is_int8 for layer in graph.layers)


class Calibration:
    """Ranges of tensors, found once for each that is asked for.

    Args:
        graph: the network.
        model: its Keras model.
        images: ``[n, height, width, channels]``, scaled as in training; None: there are none.
    """

    def __init__(self, graph: Graph, model: Any, images: FloatArray | None) -> None:
        self.graph, self.model, self.images = graph, model, images
        self._found: dict[str, Range] = {}
        if images is not None and (images.ndim != 4 or images.shape[1:] != graph.input.shape or not len(images)):
            shape = " x ".join(map(str, graph.input.shape))
            raise PackError(
                "calibration",
                f"the images have the shape {images.shape}, and the network takes [n] x {shape}",
                "Give some images of that size",
            )

    def range_of(self, name: str, path: str) -> Range:
        """What the output of a layer, or the image (the graph's input), reaches.

        Args:
            name: of the layer.
            path: of the block that needs to know, for errors.

        Raises:
            PackError: there are no images, or the numbers are not finite.
        """
        if name not in self._found:
            if self.images is None:
                raise PackError(
                    path,
                    "it is a layer of 8 bits, whose scale comes from images, and none were given",
                    "Pack a run, whose training images are taken, or name some: --calibration FILE.npy",
                )
            self._find(name, path, self.images)
        return self._found[name]

    def _find(self, name: str, path: str, images: FloatArray) -> None:
        from bnn_designer.nn.model_walk import up_to

        low, high = 0.0, 0.0
        probe = None
        if name != self.graph.input.name:
            probe = up_to(self.model, name)
        for first in range(0, len(images), _BATCH):
            batch = images[first : first + _BATCH]
            values = batch if probe is None else np.asarray(probe([batch], training=False))
            if not np.isfinite(values).all():
                mend = "Train the network again, or mend the images"
                raise PackError(path, f"numbers of '{name}' are not finite", mend)
            low, high = min(low, float(values.min())), max(high, float(values.max()))
        self._found[name] = Range(low, high)
