"""From the graph of layers to a Keras model, layer by layer under the same names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from bnn_designer.graph import Graph, Layer
from bnn_designer.graph import ops as graph_ops
from bnn_designer.nn import quantizers
from bnn_designer.nn.batch_norm import BatchNormalization
from bnn_designer.nn.channels import ChannelShift, PadChannels, ScaleChannels
from bnn_designer.nn.depthwise import Binomial, QuantDepthwiseConv2D
from bnn_designer.nn.described import constraint_of, quantizer_of
from bnn_designer.nn.engine import Engine, EngineChoice, Gradients
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.layer_choice import GradientChoice
from bnn_designer.nn.layers import QuantConv2D, QuantDense
from bnn_designer.nn.max_pool import MaxPooling2D
from bnn_designer.nn.quantized import QuantizedLayer

#: Operations whose layers take a list of tensors.
_MERGES = (graph_ops.Add, graph_ops.Concatenate, graph_ops.ScaleChannels)
#: Where slopes start: He et al., "Delving Deep into Rectifiers", arXiv 1502.01852, and PyTorch, which the networks with
#: PReLU were trained in. From 0, Keras' own, nothing is below zero at first: a sign behind it gives only ones, the
#: variance of their sums is 0, and the gradient through a batch norm of them grows by 1 / sqrt(epsilon) a layer.
PRELU_SLOPE = 0.25


class _Setting(NamedTuple):
    """What a builder may need beside its operation."""

    name: str
    engine: Engine
    gradients: Gradients
    seed: int | None
    input_rank: int

    def kernel_initializer(self) -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=self.seed)


def build_model(
    graph: Graph, engine: Engine = "auto", seed: int | None = None, gradients: Gradients = "float"
) -> keras.Model:
    """The graph as a functional Keras model, untrained and not compiled.

    Args:
        graph: as ``bnn_designer.graph.lower`` gives it; its tensors have float32 values here.
        engine: for every conv and dense layer, see `bnn_designer.nn.layers`. ``"float"`` also makes all other layers
            Keras' own; ``"auto"`` and ``"xnor"`` take batch norms and max pools that train through compiled ops.
        seed: makes the initial weights and the rounding of int16 and int8 gradients the same each time; each layer
            draws from a seed of its own, made of this one and its name, so neither the engine nor an edit elsewhere in
            the design changes its weights.
        gradients: of the compiled op of every conv and dense layer, see `bnn_designer.nn.layers`.

    Returns:
        Model with one Keras layer per graph layer under the graph's name; input ``[N, h, w, c]``, output
        ``[N, classes]``.

    Raises:
        LayerError: the graph holds an operation that has no Keras layer.
    """
    source = keras.Input(shape=graph.input.shape, name=graph.input.name, dtype="float32")
    values = {graph.input.name: source}
    for layer in graph.layers:
        inputs = [values[name] for name in layer.inputs]
        setting = _Setting(
            name=layer.name,
            engine=engine,
            gradients=gradients,
            seed=None if seed is None else layer_seed(seed, layer.name),
            input_rank=len(inputs[0].shape) - 1,
        )
        keras_layer = _builder(layer)(layer.op, setting)
        values[layer.name] = keras_layer(inputs if isinstance(layer.op, _MERGES) else inputs[0])
    return keras.Model(source, values[graph.output.name], name=_model_name(graph.name))


def engines(model: keras.Model) -> dict[str, EngineChoice]:
    """For each layer of ours with a kernel, also in models within the model: the engine in use and the reason.

    By the layer's name, behind the names of the models that it stands in: ``backbone/conv_2``.
    """
    return {
        name: EngineChoice(layer.engine_used, layer.engine_reason) for name, layer in quantized_layers(model).items()
    }


def gradients_of(model: keras.Model) -> dict[str, GradientChoice]:
    """For each layer of ours with a kernel, under the names of `engines`: how its gradients are computed, and why."""
    return {name: layer.gradient_choice for name, layer in quantized_layers(model).items()}


def binary_kernel_layers(model: keras.Model) -> list[QuantizedLayer]:
    """The layers of ours whose kernels are trained and multiplied as -1 and +1, times a scale or not."""
    return [
        layer
        for layer in quantized_layers(model).values()
        if layer.trainable and quantizers.gives_signs(layer.kernel_quantizer)
    ]


def quantized_layers(model: keras.layers.Layer) -> dict[str, QuantizedLayer]:
    """The layers of ours in a model, in models and layers within it too, by name; see `engines`."""
    found: dict[str, QuantizedLayer] = {}
    # Keras keeps the layers that any layer has as attributes, lists of them included.
    for layer in model._flatten_layers(include_self=False, recursive=False):
        if isinstance(layer, QuantizedLayer):
            found[layer.name] = layer
        else:
            found.update({f"{layer.name}/{name}": inner for name, inner in quantized_layers(layer).items()})
    return found


def layer_seed(seed: int, name: str) -> int:
    """A seed for one layer: 31 bits of a hash, the same in every process."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def _builder(layer: Layer) -> Callable[[Any, _Setting], keras.layers.Layer]:
    if type(layer.op) not in BUILDERS:
        raise LayerError(
            layer.path,
            f"{type(layer.op).__name__} has no Keras layer",
            f"Known operations: {', '.join(op.__name__ for op in BUILDERS)}",
        )
    return BUILDERS[type(layer.op)]


def _model_name(name: str) -> str:
    # Keras uses a model's name in paths and scopes, so a design called "my net (2)" must not break it.
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name) or "model"


def _product(op: graph_ops.QuantizedOp, setting: _Setting, kernel: str = "kernel") -> dict[str, Any]:
    """The arguments of every layer with a kernel; ``kernel`` is what the layer calls it."""
    return {
        "use_bias": op.use_bias,
        "input_quantizer": quantizer_of(op.input_quantizer, "input"),
        f"{kernel}_quantizer": quantizer_of(op.kernel_quantizer, "kernel"),
        f"{kernel}_constraint": constraint_of(op.kernel_constraint),
        f"{kernel}_initializer": setting.kernel_initializer() if op.is_trained else Binomial(),
        "trainable": op.is_trained,
        "engine": setting.engine,
        "name": setting.name,
    }


def _window(op: graph_ops.Convolution) -> dict[str, Any]:
    """The arguments of every convolution."""
    return {
        "kernel_size": op.kernel_size,
        "strides": op.strides,
        "padding": op.padding,
        "pad_values": op.pad_values,
        "dilation_rate": op.dilation,
    }


def _compiled_gradients(setting: _Setting) -> dict[str, Any]:
    """How the compiled op computes gradients: the arguments of the layers that it can run."""
    return {"gradients": setting.gradients, "gradients_seed": setting.seed or 0}


def _conv2d(op: graph_ops.Conv2D, setting: _Setting) -> keras.layers.Layer:
    return QuantConv2D(
        op.filters, groups=op.groups, **_window(op), **_product(op, setting), **_compiled_gradients(setting)
    )


def _depthwise_conv2d(op: graph_ops.DepthwiseConv2D, setting: _Setting) -> keras.layers.Layer:
    return QuantDepthwiseConv2D(**_window(op), **_product(op, setting, "depthwise"))


def _dense(op: graph_ops.Dense, setting: _Setting) -> keras.layers.Layer:
    return QuantDense(op.units, **_product(op, setting), **_compiled_gradients(setting))


def _batch_norm(op: graph_ops.BatchNorm, setting: _Setting) -> keras.layers.Layer:
    arguments = {"momentum": op.momentum, "epsilon": op.epsilon, "center": op.center, "scale": op.scale}
    if setting.engine == "float":
        return keras.layers.BatchNormalization(**arguments, name=setting.name)
    return BatchNormalization(**arguments, engine=setting.engine, name=setting.name)


def _activation(op: graph_ops.Activation, setting: _Setting) -> keras.layers.Layer:
    if op.function == "prelu":
        # One slope a channel: shared over height and width of an image.
        axes = (1, 2) if setting.input_rank == 3 else None
        return keras.layers.PReLU(
            alpha_initializer=keras.initializers.Constant(PRELU_SLOPE), shared_axes=axes, name=setting.name
        )
    if op.function in ("relu", "unit_clip"):
        return keras.layers.ReLU(max_value=1.0 if op.function == "unit_clip" else None, name=setting.name)
    return keras.layers.Activation(op.function, name=setting.name)


def _pool2d(op: graph_ops.Pool2D, setting: _Setting) -> keras.layers.Layer:
    arguments = {"pool_size": op.pool_size, "strides": op.strides, "padding": op.padding, "name": setting.name}
    if op.kind == "average":
        return keras.layers.AveragePooling2D(**arguments)
    if setting.engine == "float":
        return keras.layers.MaxPooling2D(**arguments)
    return MaxPooling2D(**arguments, engine=setting.engine)


BUILDERS: dict[type[graph_ops.Op], Callable[[Any, _Setting], keras.layers.Layer]] = {
    graph_ops.Conv2D: _conv2d,
    graph_ops.DepthwiseConv2D: _depthwise_conv2d,
    graph_ops.Dense: _dense,
    graph_ops.BatchNorm: _batch_norm,
    graph_ops.Activation: _activation,
    graph_ops.Pool2D: _pool2d,
    graph_ops.GlobalAveragePool: lambda op, setting: keras.layers.GlobalAveragePooling2D(name=setting.name),
    graph_ops.Flatten: lambda op, setting: keras.layers.Flatten(name=setting.name),
    graph_ops.Add: lambda op, setting: keras.layers.Add(name=setting.name),
    graph_ops.Concatenate: lambda op, setting: keras.layers.Concatenate(name=setting.name),
    graph_ops.PadChannels: lambda op, setting: PadChannels(op.before, name=setting.name),
    graph_ops.ScaleChannels: lambda op, setting: ScaleChannels(name=setting.name),
    graph_ops.ChannelShift: lambda op, setting: ChannelShift(name=setting.name),
    graph_ops.Dropout: lambda op, setting: keras.layers.Dropout(op.rate, seed=setting.seed, name=setting.name),
    graph_ops.Softmax: lambda op, setting: keras.layers.Softmax(name=setting.name),
}
