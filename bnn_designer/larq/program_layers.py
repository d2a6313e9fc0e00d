"""The layers of a program: one function an operation, which gives class and arguments as a person writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bnn_designer.design.quantization import KernelConstraint, Quantizer
from bnn_designer.graph import ops

#: A design's quantizers that Larq has, with their classes; all that have arguments are among them.
_LARQS = {
    "ste_sign": "SteSign",
    "approx_sign": "ApproxSign",
    "swish_sign": "SwishSign",
    "magnitude_aware_sign": "MagnitudeAwareSign",
    "ste_tern": "SteTern",
    "dorefa": "DoReFa",
}
#: Operations that are layers of this package's own.
_NOT_LARQS: dict[type[ops.Op], str] = {
    ops.ScaleChannels: "a product with a gate for each channel",
    ops.ChannelShift: "a shift for each channel",
    ops.PadChannels: "channels of zeros",
}
#: Where Keras' PReLU slopes start in a design's model; see `bnn_designer.nn.model.PRELU_SLOPE`.
_PRELU_SLOPE = 0.25


@dataclass(frozen=True)
class Call:
    """A layer's class with its arguments, as text.

    Attributes:
        name: the class, or the function.
        arguments: in order.
        operands: how it quantizes, by the arguments: layers of one network mostly do it alike.
        reads: what it reads, of its inputs as ``{}``; "": the inputs themselves.
        behind: layers that finish what it computes, by their parts of its name, and their classes.
        is_function: whether it is a function of the input, without a name of its own.
    """

    name: str
    arguments: tuple[str, ...] = ()
    operands: tuple[tuple[str, str], ...] = ()
    reads: str = ""
    behind: tuple[tuple[str, str], ...] = ()
    is_function: bool = False


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _pair(value: tuple[int, int]) -> str:
    return str(value[0]) if value[0] == value[1] else str(tuple(value))


def _quantizer(quantizer: Quantizer, operand: str) -> str:
    """A name alone where that means it; else the class with its arguments."""
    if quantizer.name == "dorefa":
        mode = ', mode="weights"' if operand == "kernel" else ""
        return f"lq.quantizers.DoReFa({quantizer.k_bit}{mode})"
    if quantizer == Quantizer(name=quantizer.name):
        return quoted(quantizer.name)
    arguments = ", ".join(f"{field}={value!r}" for field, value in quantizer.parameters.items())
    return f"lq.quantizers.{_LARQS[quantizer.name]}({arguments})"


def _constraint(constraint: KernelConstraint) -> str:
    default = constraint == KernelConstraint()
    return '"weight_clip"' if default else f"lq.constraints.WeightClip({constraint.clip_value!r})"


def _operands(op: ops.QuantizedOp, kernel: str = "kernel") -> tuple[tuple[str, str], ...]:
    """How a layer quantizes, by its arguments; ``kernel`` is what they call the kernel."""
    found = {}
    if op.input_quantizer is not None:
        found["input_quantizer"] = _quantizer(op.input_quantizer, "input")
    if op.kernel_quantizer is not None:
        found[f"{kernel}_quantizer"] = _quantizer(op.kernel_quantizer, "kernel")
    if op.kernel_constraint is not None:
        found[f"{kernel}_constraint"] = _constraint(op.kernel_constraint)
    return tuple(found.items())


def _bias(op: ops.QuantizedOp) -> list[str]:
    return [] if op.use_bias else ["use_bias=False"]


def _window(op: ops.Convolution) -> Iterator[str]:
    if op.strides != (1, 1):
        yield f"strides={_pair(op.strides)}"
    if op.padding != "valid":
        yield f'padding="{op.padding}"'
    if op.pad_values:
        yield f"pad_values={op.pad_values}"
    if op.dilation != (1, 1):
        yield f"dilation_rate={_pair(op.dilation)}"


def _is_plain(op: ops.QuantizedOp) -> bool:
    """Whether Keras' own layer is it."""
    quantized = op.input_quantizer is not None or op.kernel_quantizer is not None or op.kernel_constraint is not None
    return not quantized and not getattr(op, "pad_values", 0)


def _conv2d(op: ops.Conv2D, rank: int) -> Call:
    # Ours also where it is grouped: TensorFlow has no gradients of Keras' own groups on a processor.
    name = "keras.layers.Conv2D" if _is_plain(op) and op.groups == 1 else "lq.layers.QuantConv2D"
    groups = [f"groups={op.groups}"] if op.groups > 1 else []
    return Call(name, (str(op.filters), _pair(op.kernel_size), *_window(op), *groups, *_bias(op)), _operands(op))


def _depthwise(op: ops.DepthwiseConv2D, rank: int) -> Call:
    name = "keras.layers.DepthwiseConv2D" if _is_plain(op) else "lq.layers.QuantDepthwiseConv2D"
    fixed = [] if op.is_trained else ["depthwise_initializer=nn.Binomial()", "trainable=False"]
    return Call(name, (_pair(op.kernel_size), *_window(op), *_bias(op), *fixed), _operands(op, "depthwise"))


def _dense(op: ops.Dense, rank: int) -> Call:
    name = "keras.layers.Dense" if _is_plain(op) else "lq.layers.QuantDense"
    return Call(name, (str(op.units), *_bias(op)), _operands(op))


def _batch_norm(op: ops.BatchNorm, rank: int) -> Call:
    given = {"momentum": (op.momentum, 0.99), "epsilon": (op.epsilon, 1e-3)}
    given |= {"center": (op.center, True), "scale": (op.scale, True)}
    arguments = [f"{name}={value!r}" for name, (value, default) in given.items() if value != default]
    return Call("keras.layers.BatchNormalization", tuple(arguments))


def _activation(op: ops.Activation, rank: int) -> Call:
    if op.function == "prelu":
        shared = ["shared_axes=(1, 2)"] if rank == 3 else []
        start = f"alpha_initializer=keras.initializers.Constant({_PRELU_SLOPE})"
        return Call("keras.layers.PReLU", (start, *shared))
    if op.function == "unit_clip":
        return Call("keras.layers.ReLU", ("max_value=1.0",))
    return Call("keras.layers.Activation", (quoted(op.function),))


def _pool2d(op: ops.Pool2D, rank: int) -> Call:
    name = "keras.layers.MaxPooling2D" if op.kind == "max" else "keras.layers.AveragePooling2D"
    arguments = [_pair(op.pool_size)]
    arguments += [f"strides={_pair(op.strides)}"] if op.strides != op.pool_size else []
    arguments += [f'padding="{op.padding}"'] if op.padding != "valid" else []
    return Call(name, tuple(arguments))


def _named(name: str) -> Callable[[Any, int], Call]:
    return lambda op, rank: Call(name)


CALLS: dict[type[ops.Op], Callable[[Any, int], Call]] = {
    ops.Conv2D: _conv2d,
    ops.DepthwiseConv2D: _depthwise,
    ops.Dense: _dense,
    ops.BatchNorm: _batch_norm,
    ops.Activation: _activation,
    ops.Pool2D: _pool2d,
    ops.GlobalAveragePool: _named("keras.layers.GlobalAveragePooling2D"),
    ops.Flatten: _named("keras.layers.Flatten"),
    ops.Add: _named("keras.layers.Add"),
    ops.Concatenate: _named("keras.layers.Concatenate"),
    ops.Softmax: _named("keras.layers.Softmax"),
    ops.ScaleChannels: _named("nn.ScaleChannels"),
    ops.ChannelShift: _named("nn.ChannelShift"),
    ops.PadChannels: lambda op, rank: Call("nn.PadChannels", (str(op.before),)),
    ops.Dropout: lambda op, rank: Call("keras.layers.Dropout", (repr(op.rate),)),
}


def not_in_larq(op: ops.Op) -> str | None:
    """What of an operation Larq has no layer or quantizer for; None: it has all."""
    if isinstance(op, ops.DepthwiseConv2D) and not op.is_trained:
        return "a blur with a fixed kernel"
    if isinstance(op, ops.QuantizedOp):
        used = [quantizer for quantizer in (op.input_quantizer, op.kernel_quantizer) if quantizer is not None]
        unknown = [quantizer.name for quantizer in used if quantizer.name not in _LARQS]
        return f"the quantizer {unknown[0]}" if unknown else None
    return _NOT_LARQS.get(type(op))
