"""A network whose binary dense layers are convolutions of one pixel, for converters that know no binary dense layer.

So are dense layers of 8 bits, for one that knows no scale for each filter of a dense layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.graph import Graph, Layer, ops
from bnn_designer.nn.fake_quantized import FakeQuantProduct, WholeProduct
from bnn_designer.nn.layers import QuantConv2D

#: Operations that compute alike on a vector ``[N, features]`` and on one pixel ``[N, 1, 1, features]``.
_ON_PIXELS = (ops.Activation, ops.BatchNorm, ops.ChannelShift, ops.Dropout)


def dense_as_pixels(graph: Graph, model: keras.Model, whole: Sequence[WholeProduct] = ()) -> keras.Model:
    """A model of the same outputs, with the same weights, in which no binary layer is dense.

    Vectors from a binary dense layer on stay one pixel of all features until a layer needs a vector.

    Args:
        graph: the model's.
        model: as `build_model` made it of the graph.
        whole: what stands in the place of layers of 8 bits.

    Returns:
        A functional model; input ``[N, h, w, c]``, output as the model's.
    """
    source = keras.Input(shape=graph.input.shape, name=graph.input.name, dtype="float32")
    values: dict[str, Any] = {graph.input.name: source}
    products = {one.layers[0]: one for one in whole}
    folded = {name for one in whole for name in one.layers[1:]}
    for layer in graph.layers:
        if layer.name in products:
            of_layer = FakeQuantProduct(products[layer.name], layer.name)
            values[layer.name] = of_layer(_as_read(layer, values[layer.inputs[0]], graph))
            continue
        if layer.name in folded:
            values[layer.name] = values[layer.inputs[0]]
            continue
        original = model.get_layer(layer.name)
        inputs = [values[name] for name in layer.inputs]
        made = _made(layer, original)
        if _is_binary_dense(layer):
            inputs = [_as_pixel(value, f"{layer.name}.pixel") for value in inputs]
        elif not isinstance(layer.op, _ON_PIXELS):
            shapes = graph.input_shapes(layer)
            names = [f"{layer.name}.vector_{position}" for position in range(len(inputs))]
            inputs = [_as_vector(*one) for one in zip(inputs, shapes, names, strict=True)]
        values[layer.name] = made(inputs if isinstance(original.input, list) else inputs[0])
        kept = [old.numpy().reshape(new.shape) for old, new in zip(original.weights, made.weights, strict=True)]
        made.set_weights(kept)
    output = graph.output
    scores = _as_vector(values[output.name], output.shape, f"{output.name}.vector")
    return keras.Model(source, scores, name=model.name)


def save_as_pixels(graph: Graph, model: keras.Model, folder: Path, whole: Sequence[WholeProduct] = ()) -> None:
    """Writes that model as a SavedModel of one image, in float: of any number of images, sizes would be computed.

    Args:
        graph: the model's.
        model: as `build_model` made it of the graph.
        folder: where to.
        whole: as in `dense_as_pixels`.
    """
    pixels = dense_as_pixels(graph, model, whole)
    archive = keras.export.ExportArchive()
    archive.track(pixels)
    image = tf.TensorSpec((1, *graph.input.shape), tf.float32, name=graph.input.name)
    archive.add_endpoint("serve", lambda image: pixels(image, training=False), input_signature=[image])
    archive.write_out(str(folder), verbose=False)


def _as_read(layer: Layer, value: Any, graph: Graph) -> Any:
    """What a layer of 8 bits reads, as an image: a vector is one pixel."""
    if isinstance(layer.op, ops.Dense):
        return _as_pixel(value, f"{layer.name}.pixel")
    return _as_vector(value, graph.input_shapes(layer)[0], f"{layer.name}.vector_0")


def _is_binary_dense(layer: Layer) -> bool:
    return isinstance(layer.op, ops.Dense) and layer.op.is_binary


def _made(layer: Layer, original: Any) -> Any:
    """A layer like the model's own; of a binary dense one, the convolution."""
    if not _is_binary_dense(layer):
        return type(original).from_config(original.get_config())
    return QuantConv2D(
        original.units,
        1,
        use_bias=original.use_bias,
        input_quantizer=original.input_quantizer,
        kernel_quantizer=original.kernel_quantizer,
        kernel_constraint=original.kernel_constraint,
        engine="float",
        name=layer.name,
    )


# Named after the layer that reads them: names that Keras gives, such as flatten_1, may be those of blocks.
def _as_pixel(value: Any, name: str) -> Any:
    if len(value.shape) == 4 and value.shape[1:3] == (1, 1):
        return value
    return keras.layers.Reshape((1, 1, -1), name=name)(value)


def _as_vector(value: Any, shape: tuple[int, ...], name: str) -> Any:
    return value if len(value.shape) == len(shape) + 1 else keras.layers.Flatten(name=name)(value)
