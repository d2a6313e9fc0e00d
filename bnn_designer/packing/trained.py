"""A trained Keras model's numbers as the engine needs them: quantized kernels, batch norms as factor and offset."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.graph import Graph
from bnn_designer.graph import ops as graph_ops
from bnn_designer.graph.graph import Layer
from bnn_designer.graph.passes.bits import has_input_step
from bnn_designer.packing.calibration import Calibration
from bnn_designer.packing.drafts import StepDraft, affine
from bnn_designer.packing.errors import PackError
from bnn_designer.packing.int8 import whole_weights

FloatArray = npt.NDArray[np.float32]


class Trained:
    """The numbers of a model that ``build_model`` made of this graph.

    Args:
        graph: the network.
        model: the trained model.
        images: that layers of 8 bits have their scales from, ``[n, height, width, channels]``; None: there are none.
    """

    def __init__(self, graph: Graph, model: Any, images: FloatArray | None = None) -> None:
        self.graph = graph
        self.calibration = Calibration(graph, model, images)
        self.layers = {layer.name: layer for layer in graph.layers}
        self._keras = {layer.name: layer for layer in model.layers}
        for layer in graph.layers:
            if layer.name not in self._keras:
                raise PackError(
                    layer.path,
                    f"the trained model has no layer '{layer.name}'",
                    "Pack the design that the model was trained from",
                )

    def kernel(self, name: str) -> tuple[FloatArray, FloatArray | None]:
        """What the layer multiplies with, ``[kh, kw, channels, filters]`` or ``[features, units]``, and its scale.

        The scale is a number for each filter, or None for 1: signs times magnitudes are kept apart.
        """
        import tensorflow as tf

        from bnn_designer.nn.scaled_signs import split

        layer = self._keras[name]
        values, scale = split(layer.kernel_quantizer, tf.convert_to_tensor(layer.kernel))
        kernel = self._checked(name, values)
        if scale is None:
            return kernel, None
        filters = kernel.shape[2] if isinstance(self.layers[name].op, graph_ops.DepthwiseConv2D) else kernel.shape[-1]
        return kernel, np.broadcast_to(self._checked(name, scale), (filters,))

    def int8_kernel(self, name: str) -> tuple[npt.NDArray[np.int8], float]:
        """What a layer of 8 bits multiplies with, whole numbers ``[..., filters]``, and their scale."""
        kernel, _ = self.kernel(name)
        return whole_weights(kernel)

    def int8_scale(self, name: str) -> float:
        """Of the inputs of a layer of 8 bits.

        Raises:
            PackError: there are no images that show it.
        """
        layer = self.layers[name]
        return self.calibration.range_of(layer.inputs[0], layer.path).symmetric_scale

    def input_step(self, name: str) -> StepDraft | None:
        """What a quantizer of 2 bits or more does to a layer's input; None where it has none.

        Raises:
            PackError: the engine has no step for it.
        """
        layer = self.layers[name]
        described = layer.op.input_quantizer if isinstance(layer.op, graph_ops.QuantizedOp) else None
        if not isinstance(layer.op, graph_ops.QuantizedOp) or described is None or described.facts.gives_signs:
            return None
        if layer.op.is_int8 and not isinstance(layer.op, graph_ops.DepthwiseConv2D):
            return None  # the deployed program has it as an operator
        if not has_input_step(described):
            raise PackError(
                layer.path,
                f"layer '{name}' reads inputs of {described.bits} bits ({described}), and the engine has no step that "
                "quantizes them so",
                "Quantize the input to signs, with dorefa of 2 bits or more, or not at all",
            )
        quantizer = self._keras[name].input_quantizer
        if described.name == "ste_tern":
            return StepDraft("ternary", high=_largest_zero(quantizer.threshold_value))
        return StepDraft("levels", high=float(2**quantizer.precision - 1))

    def bias(self, name: str) -> FloatArray | None:
        layer = self._keras[name]
        return self._checked(name, layer.bias) if layer.bias is not None else None

    def steps(self, name: str) -> list[StepDraft]:
        """A layer that works channel by channel, as steps; in the order and precision in which Keras computes it."""
        layer = self.layers[name]
        op = layer.op
        if isinstance(op, graph_ops.BatchNorm):
            return [affine(*self._batch_norm(layer))]
        if isinstance(op, graph_ops.ChannelShift):
            shift = self._checked(name, self._keras[name].shift)
            return [affine(np.ones_like(shift), shift)]
        if isinstance(op, graph_ops.Activation):
            return self._activation(layer, op)
        raise PackError(layer.path, f"the engine has no step for {type(op).__name__}", "Take the layer out")

    def _batch_norm(self, layer: Layer) -> tuple[FloatArray, FloatArray]:
        """``factor = gamma / sqrt(variance + epsilon)``, ``offset = beta - mean * factor``, by TensorFlow's own ops."""
        import tensorflow as tf

        norm = self._keras[layer.name]
        factor = tf.math.rsqrt(tf.convert_to_tensor(norm.moving_variance) + tf.cast(norm.epsilon, tf.float32))
        if norm.gamma is not None:
            factor = factor * tf.convert_to_tensor(norm.gamma)
        offset = -tf.convert_to_tensor(norm.moving_mean) * factor
        if norm.beta is not None:
            offset = offset + tf.convert_to_tensor(norm.beta)
        return self._checked(layer.name, factor), self._checked(layer.name, offset)

    def _activation(self, layer: Layer, op: graph_ops.Activation) -> list[StepDraft]:
        if op.function == "prelu":
            return [StepDraft("prelu", numbers=(self._checked(layer.name, self._keras[layer.name].alpha).reshape(-1),))]
        if op.function == "sigmoid":
            return [StepDraft("sigmoid")]
        low, high = {"relu": (0.0, np.inf), "hard_tanh": (-1.0, 1.0), "unit_clip": (0.0, 1.0)}[op.function]
        return [StepDraft("clamp", low=low, high=high)]

    def _checked(self, name: str, values: Any) -> FloatArray:
        """As float32; numbers that are not finite have no sign or threshold that means anything."""
        array = np.asarray(values, np.float32)
        if not np.isfinite(array).all():
            raise PackError(
                self.layers[name].path,
                f"layer '{name}' has weights that are not finite numbers",
                "The training has diverged; train it again with a lower learning rate",
            )
        return array


def _largest_zero(threshold: float) -> float:
    """The largest magnitude that a ternary quantizer makes zero: the engine compares with that, Keras with the next."""
    return float(np.nextafter(np.float32(threshold), np.float32(0)))
