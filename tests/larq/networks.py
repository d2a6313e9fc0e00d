"""Networks that Larq can have as well as this package; and, run by Larq's own Python, Larq's tables of them as JSON.

    BNN_LARQ_PYTHON tests/larq/networks.py > tests/larq/larq_tables.json

Every function takes a module with Keras' names and one with ``layers`` and ``quantizers`` as Larq has them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}


def mnist(keras: Any, lq: Any) -> Any:
    """The network of Larq's first tutorial: binary layers but for the first one's input, a norm behind each."""
    layer, model = keras.layers, keras.Sequential(name="mnist")
    model.add(keras.Input((28, 28, 1)))
    first = {**BINARY, "input_quantizer": None}
    for number, (filters, quantized) in enumerate(((32, first), (64, BINARY), (64, BINARY))):
        model.add(lq.layers.QuantConv2D(filters, 3, use_bias=False, name=f"conv_{number}", **quantized))
        if number < 2:
            model.add(layer.MaxPooling2D(2, name=f"pool_{number}"))
        model.add(layer.BatchNormalization(scale=False, name=f"conv_norm_{number}"))
    model.add(layer.Flatten(name="flatten"))
    for number, units in enumerate((64, 10)):
        model.add(lq.layers.QuantDense(units, use_bias=False, name=f"dense_{number}", **BINARY))
        model.add(layer.BatchNormalization(scale=False, name=f"dense_norm_{number}"))
    model.add(layer.Activation("softmax", name="softmax"))
    return model


def kinds(keras: Any, lq: Any) -> Any:
    """Keras' own layers on images, with a transposed convolution and slopes for every pixel."""
    layer = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layer.Conv2DTranspose(5, 3, strides=2, padding="same", name="transposed"),
            layer.SeparableConv2D(4, 3, name="separable"),
            layer.DepthwiseConv2D(3, name="depthwise"),
            layer.PReLU(name="slopes"),
            layer.BatchNormalization(center=False, scale=False, name="norm"),
            layer.AveragePooling2D(2, name="average"),
            layer.GlobalAveragePooling2D(name="global"),
            layer.Dropout(0.1, name="dropout"),
            layer.Dense(250, activation="relu", name="dense"),
            layer.Activation("relu", name="relu"),
        ],
        name="kinds",
    )


def series(keras: Any, lq: Any) -> Any:
    """The same on one axis, and a dense layer on each step of it."""
    layer = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 3)),
            layer.Conv1D(3, 3, name="conv"),
            layer.SeparableConv1D(4, 3, name="separable"),
            layer.Conv1DTranspose(2, 3, name="transposed"),
            layer.MaxPooling1D(2, name="pool"),
            layer.DepthwiseConv1D(3, name="depthwise"),
            layer.Dense(4, name="dense"),
        ],
        name="series",
    )


def volume(keras: Any, lq: Any) -> Any:
    """Three axes, of which Larq counts nothing."""
    layer = keras.layers
    body = [layer.Conv3D(3, 3, name="conv"), layer.Conv3DTranspose(3, 2, name="transposed")]
    return keras.Sequential([keras.Input((8, 8, 8, 3)), *body], name="volume")


def widths(keras: Any, lq: Any) -> Any:
    """Kernels and inputs of 1, 2, 3 and 32 bits, in every mix; signs made by a layer of their own."""
    layer, conv, dense = keras.layers, lq.layers.QuantConv2D, lq.layers.QuantDense
    return keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            conv(8, 3, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", name="weights_only"),
            conv(8, 3, input_quantizer="approx_sign", name="inputs_only"),
            conv(8, 3, padding="same", pad_values=1, dilation_rate=2, name="dilated", **BINARY),
            conv(8, 3, strides=2, input_quantizer=lq.quantizers.DoReFa(3), kernel_quantizer="ste_tern", name="few"),
            lq.quantizers.SteSign(name="sign"),
            layer.Conv2D(16, 1, name="behind_a_sign"),
            lq.layers.QuantDepthwiseConv2D(
                1, input_quantizer="ste_sign", depthwise_quantizer="ste_sign", depthwise_constraint="weight_clip",
                name="depthwise",
            ),
            layer.Flatten(name="flatten"),
            dense(7, input_quantizer="ste_sign", kernel_quantizer="ste_tern", use_bias=False, name="ternary"),
            dense(5, name="plain"),
        ],
        name="widths",
    )  # fmt: skip


def quantized(keras: Any, lq: Any) -> Any:
    """The other quantized layers: on one axis, separable and transposed."""
    separable = {"depthwise_quantizer": "ste_sign", "pointwise_quantizer": "ste_tern", "input_quantizer": "ste_sign"}
    constraints = {"depthwise_constraint": "weight_clip"}
    image = keras.Input((8, 8, 4), name="image")
    image_path = lq.layers.QuantSeparableConv2D(6, 3, name="separable", **separable, **constraints)(image)
    image_path = lq.layers.QuantConv2DTranspose(3, 3, strides=2, name="transposed", **BINARY)(image_path)
    series = keras.Input((9, 4), name="series")
    series_path = lq.layers.QuantConv1D(8, 3, padding="causal", name="conv", **BINARY)(series)
    series_path = lq.layers.QuantSeparableConv1D(5, 3, name="separable_1d", **separable, **constraints)(series_path)
    return keras.Model([image, series], [image_path, series_path], name="quantized")


def shared(keras: Any, lq: Any) -> Any:
    """A layer that runs twice, and one called "bias..."."""
    source = keras.Input((8, 8, 3), name="image")
    twice = keras.layers.Conv2D(3, 3, padding="same", name="twice")
    return keras.Model(source, keras.layers.Conv2D(2, 1, name="bias_conv")(twice(twice(source))), name="shared")


def shrinking(keras: Any, lq: Any) -> Any:
    """A layer that runs twice, on two shapes."""
    source = keras.Input((8, 8, 3), name="image")
    twice = keras.layers.Conv2D(3, 3, name="twice")
    return keras.Model(source, twice(twice(source)), name="shrinking")


def nested(keras: Any, lq: Any) -> Any:
    """Models inside a model: one of layers, which runs twice, and one of a class of its own."""

    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="own")
            self.conv = lq.layers.QuantConv2D(2, 3, name="conv", **BINARY)

        def call(self, inputs: Any) -> Any:
            return self.conv(inputs)

    body = [keras.layers.Conv2D(3, 3, padding="same", name="conv"), keras.layers.BatchNormalization(name="norm")]
    inner = keras.Sequential([keras.Input((8, 8, 3)), *body], name="inner")
    source = keras.Input((8, 8, 3), name="image")
    return keras.Model(source, keras.layers.Flatten(name="flatten")(Own()(inner(inner(source)))), name="nested")


def open_sizes(keras: Any, lq: Any) -> Any:
    """Images of any size."""
    body = [lq.layers.QuantConv2D(3, 3, name="conv", **BINARY), keras.layers.BatchNormalization(name="norm")]
    return keras.Sequential([keras.Input((None, None, 3)), *body], name="open_sizes")


def two_inputs(keras: Any, lq: Any) -> Any:
    """Two inputs and two outputs; nothing of it is trained."""
    image, vector = keras.Input((8, 8, 3), name="image"), keras.Input((4,), name="vector")
    outputs = [keras.layers.Flatten(name="flatten")(image), keras.layers.Dense(2, name="dense")(vector)]
    model = keras.Model([image, vector], outputs, name="two_inputs")
    model.trainable = False
    return model


NETWORKS = {
    make.__name__: make
    for make in (mnist, kinds, series, volume, widths, quantized, shared, shrinking, nested, open_sizes, two_inputs)
}


def main() -> None:
    """Prints the tables of every network."""
    import larq
    import tensorflow as tf

    tables = {}
    for name, make in NETWORKS.items():
        profile = larq.models.ModelProfile(make(tf.keras, larq))
        tables[name] = {"table": profile.generate_table(), "summary": profile.generate_summary()}
    names = "larq 0.14.0, TensorFlow 2.15; python tests/larq/networks.py"
    lines = [f'"source": {json.dumps(names)}']
    lines += [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in tables.items()]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
