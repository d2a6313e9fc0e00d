"""Converts a graph with Larq Compute Engine. Run by a Python that has it: ``< graph.json > operators.json``.

Reads ``{"input": shape, "layers": [{"op": name, "fields": {...}, "name": ..., "inputs": [...]}]}``, builds the network
with Keras and Larq, converts it, and prints the file's size and its operators. Every weight gets a random value, as a
trained network has, or that of ``"weights"``: the path of an .npz with arrays ``<layer>/<index>``. ``"tflite"`` is a
path to write the converted file to. It knows nothing of this project, so that what it says is LCE's word alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import larq
import larq_compute_engine
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

keras = tf.keras


def xnor_weight_scale(kernel: Any) -> Any:
    """Signs times each filter's mean magnitude, as Larq Zoo's XNOR-Net has them."""
    kernel = tf.clip_by_value(kernel, -1, 1)
    return tf.reduce_mean(tf.abs(kernel), axis=[0, 1, 2], keepdims=True) * larq.quantizers.ste_sign(kernel)


#: Kernel quantizers that Larq does not know by name.
QUANTIZERS = {"xnor_weight_scale": xnor_weight_scale}


class Shift(keras.layers.Layer):
    """Adds a trained number a channel."""

    def build(self, shape: Any) -> None:
        self.shift = self.add_weight(name="shift", shape=(shape[-1],))

    def call(self, inputs: Any) -> Any:
        return inputs + self.shift


def convolution(op: dict[str, Any]) -> dict[str, Any]:
    """The arguments of both kinds of convolution."""
    options = {name: op[name] for name in ("kernel_size", "strides", "padding", "pad_values")}
    options |= {name: op[name] for name in ("use_bias", "input_quantizer", "name")}
    return {**options, "dilation_rate": op["dilation"]}


def conv2d(op: dict[str, Any], inputs: list[Any]) -> Any:
    kernel_quantizer = QUANTIZERS.get(op["kernel_quantizer"], op["kernel_quantizer"])
    return larq.layers.QuantConv2D(
        op["filters"], groups=op["groups"], kernel_quantizer=kernel_quantizer, **convolution(op)
    )(inputs[0])


def depthwise_conv2d(op: dict[str, Any], inputs: list[Any]) -> Any:
    return larq.layers.QuantDepthwiseConv2D(depthwise_quantizer=op["kernel_quantizer"], **convolution(op))(inputs[0])


def dense(op: dict[str, Any], inputs: list[Any]) -> Any:
    quantizers = {"input_quantizer": op["input_quantizer"], "kernel_quantizer": op["kernel_quantizer"]}
    options = {"use_bias": op["use_bias"], "name": op["name"], **quantizers}
    x = inputs[0]
    if all(quantizers.values()) and op["dense_as_conv"]:
        if len(x.shape) == 2:
            x = keras.layers.Reshape((1, 1, x.shape[1]))(x)
        return larq.layers.QuantConv2D(op["units"], 1, **options)(x)
    return larq.layers.QuantDense(op["units"], **options)(_vector(x))


def _vector(x: Any) -> Any:
    return keras.layers.Flatten()(x) if len(x.shape) == 4 else x


def batch_norm(op: dict[str, Any], inputs: list[Any]) -> Any:
    options = {name: op[name] for name in ("center", "scale", "epsilon", "name")}
    return keras.layers.BatchNormalization(**options)(inputs[0])


def activation(op: dict[str, Any], inputs: list[Any]) -> Any:
    (x,) = inputs
    if op["function"] == "prelu":
        return keras.layers.PReLU(shared_axes=list(range(1, len(x.shape) - 1)), name=op["name"])(x)
    clips = {"hard_tanh": (-1.0, 1.0), "unit_clip": (0.0, 1.0)}
    if op["function"] in clips:
        return tf.clip_by_value(x, *clips[op["function"]])
    return keras.layers.Activation(op["function"])(x)


def pool2d(op: dict[str, Any], inputs: list[Any]) -> Any:
    layer = keras.layers.MaxPool2D if op["kind"] == "max" else keras.layers.AveragePooling2D
    return layer(op["pool_size"], strides=op["strides"], padding=op["padding"])(inputs[0])


def global_average_pool(op: dict[str, Any], inputs: list[Any]) -> Any:
    return keras.layers.Flatten()(keras.layers.AveragePooling2D(inputs[0].shape[1:3])(inputs[0]))


def flatten(op: dict[str, Any], inputs: list[Any]) -> Any:
    return keras.layers.Reshape((1, 1, -1))(inputs[0]) if op["as_pixel"] else _vector(inputs[0])


def pad_channels(op: dict[str, Any], inputs: list[Any]) -> Any:
    return tf.pad(inputs[0], [[0, 0], [0, 0], [0, 0], [op["before"], 0]])


def scale_channels(op: dict[str, Any], inputs: list[Any]) -> Any:
    return inputs[0] * keras.layers.Reshape((1, 1, -1))(inputs[1])


LAYERS = {
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "Dense": dense,
    "BatchNorm": batch_norm,
    "Activation": activation,
    "ChannelShift": lambda op, inputs: Shift(name=op["name"])(inputs[0]),
    "Dropout": lambda op, inputs: keras.layers.Dropout(op["rate"])(inputs[0]),
    "Pool2D": pool2d,
    "GlobalAveragePool": global_average_pool,
    "Flatten": flatten,
    "Add": lambda op, inputs: keras.layers.Add()(inputs),
    "Concatenate": lambda op, inputs: keras.layers.Concatenate()(inputs),
    "PadChannels": pad_channels,
    "ScaleChannels": scale_channels,
    "Softmax": lambda op, inputs: keras.layers.Softmax()(_vector(inputs[0])),
}


def build(graph: dict[str, Any]) -> Any:
    image = keras.Input(graph["input"])
    tensors = {"input": image}
    for layer in graph["layers"]:
        fields = {**layer["fields"], "name": layer["name"]}
        tensors[layer["name"]] = LAYERS[layer["op"]](fields, [tensors[name] for name in layer["inputs"]])
    return keras.Model(image, tensors[graph["layers"][-1]["name"]])


def randomize(model: Any) -> None:
    random = np.random.default_rng(0)
    for variable in model.weights:
        positive = "variance" in variable.name or "gamma" in variable.name
        low, high = (0.5, 1.5) if positive else (-0.9, 0.9)
        variable.assign(random.uniform(low, high, variable.shape).astype("float32"))


def set_weights(model: Any, path: str) -> None:
    """The weights of an .npz; a dense layer's kernel may have become that of a 1x1 convolution.

    Raises:
        KeyError: a layer's weights are not in the file.
    """
    arrays = np.load(path)
    for layer in model.layers:
        if layer.weights:
            found = [arrays[f"{layer.name}/{index}"] for index in range(len(layer.weights))]
            layer.set_weights([array.reshape(w.shape) for array, w in zip(found, layer.weights, strict=True)])


def names_of(kind: type) -> dict[int, str]:
    return {number: name for name, number in vars(kind).items() if isinstance(number, int)}


def operators(content: bytes) -> dict[str, Any]:
    """The file's size, its tensors and its operators."""
    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    types, builtins = names_of(schema.TensorType), names_of(schema.BuiltinOperator)
    tensors = []
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        tensors.append(
            {
                "shape": [int(tensor.Shape(axis)) for axis in range(tensor.ShapeLength())],
                "type": types[tensor.Type()],
                "data_bytes": model.Buffers(tensor.Buffer()).DataLength(),
            }
        )
    found = []
    for index in range(graph.OperatorsLength()):
        op = graph.Operators(index)
        code = model.OperatorCodes(op.OpcodeIndex())
        kind = code.CustomCode().decode() if code.CustomCode() else builtins[code.BuiltinCode()]
        entry = {"kind": kind, "inputs": [op.Inputs(i) for i in range(op.InputsLength())], "output": op.Outputs(0)}
        if kind == "CONV_2D":
            options = schema.Conv2DOptions()
            table = op.BuiltinOptions()
            options.Init(table.Bytes, table.Pos)
            steps = (options.StrideH(), options.StrideW(), options.DilationHFactor(), options.DilationWFactor())
            entry["steps"] = list(steps)
        found.append(entry)
    return {"file_bytes": len(content), "input": graph.Inputs(0), "tensors": tensors, "operators": found}


def main() -> None:
    graph = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        model = build(graph)
        if "weights" in graph:
            set_weights(model, graph["weights"])
        else:
            randomize(model)
        content = larq_compute_engine.convert_keras_model(model)
    if "tflite" in graph:
        with open(graph["tflite"], "wb") as file:
            file.write(content)
    json.dump(operators(content), sys.stdout)


if __name__ == "__main__":
    main()
