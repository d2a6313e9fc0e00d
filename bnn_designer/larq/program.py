"""A design as a program: what a person would write with Keras and Larq's names, one line a layer."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bnn_designer.design.document import Design
from bnn_designer.design.quantization import KernelConstraint, Quantizer
from bnn_designer.graph import Graph, Layer, lower, ops

#: Where Keras' PReLU slopes start in a design's model; see `bnn_designer.nn.model.PRELU_SLOPE`.
_PRELU_SLOPE = 0.25
#: The tensor that only the next line reads.
_RUNNING = "x"
_LINE_LENGTH = 120
_INDENT = "    "


def program(design: Design) -> str:
    """The Python program that builds the design's network.

    It has a function ``build`` that gives the Keras model, with a layer under each name that the design's own model
    has, and prints the table of the model when it is run.

    Raises:
        DesignError: the design cannot be lowered.
    """
    return _Program(lower(design)).text()


@dataclass(frozen=True)
class _Call:
    """A layer's class with its arguments, as text."""

    name: str
    arguments: tuple[str, ...] = ()
    #: How it quantizes: layers of one network mostly do it alike.
    operands: tuple[tuple[str, str], ...] = ()


class _Program:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._variables = self._named_variables()
        calls = [_CALLS[type(layer.op)](layer.op, self._rank(layer)) for layer in graph.layers]
        self._binary = _common(calls)
        self._lines = [
            line for layer, call in zip(graph.layers, calls, strict=True) for line in self._line(layer, call)
        ]

    def text(self) -> str:
        """The whole program."""
        graph = self._graph
        title = graph.name.replace("\\", "").replace('"""', "'''").strip() or "untitled"
        body = "\n".join(f"{_INDENT}{line}" for line in self._lines)
        output, name = self._variables[graph.output.name], _quoted(_model_name(graph.name))
        shape, source = tuple(graph.input.shape), self._variables[graph.input.name]
        imports = ["import keras", "", "import bnn_designer.larq as lq"]
        if re.search(r"\bnn\.", body):
            imports += ["from bnn_designer import nn"]
        operands = [f'    "{name}": {value},' for name, value in self._binary or ()]
        constants = ["BINARY = {", *operands, "}", "", ""] if operands else []
        parts = [
            f'"""{title}, as BNN Designer wrote it; build() gives the Keras model."""',
            "",
            *imports,
            "",
            *(constants or [""]),
            "def build() -> keras.Model:",
            f'    """The network for images of {" x ".join(map(str, shape))} and {graph.classes} classes."""',
            f"    {source} = image = keras.Input({shape})",
            body,
            f"    return keras.Model(image, {output}, name={name})",
            "",
            "",
            'if __name__ == "__main__":',
            "    lq.models.summary(build())",
        ]
        return "\n".join(parts) + "\n"

    def _named_variables(self) -> dict[str, str]:
        """The variable of each tensor: the running one where only the next layer reads it, else one of its own."""
        graph = self._graph
        following = dict(zip([graph.input.name, *(layer.name for layer in graph.layers)], graph.layers, strict=False))
        taken = {_RUNNING, "image", "keras", "lq", "nn", "BINARY", "build"}
        found = {}
        for name in graph.tensors:
            users = graph.users[name]
            if not users or (users == (following.get(name),) and users[0].inputs == (name,)):
                found[name] = _RUNNING
                continue
            plain = re.sub(r"\W", "_", name, flags=re.ASCII)
            plain = plain if plain[:1].isalpha() and not keyword.iskeyword(plain) else f"layer_{plain}"
            while plain in taken:
                plain += "_"
            taken.add(plain)
            found[name] = plain
        return found

    def _rank(self, layer: Layer) -> int:
        return len(self._graph.tensors[layer.inputs[0]].shape)

    def _line(self, layer: Layer, call: _Call) -> list[str]:
        """The statement of one layer; where it would be long, with an argument a line."""
        inputs = [self._variables[name] for name in layer.inputs]
        # Merging layers take a list.
        merges = isinstance(layer.op, ops.Add | ops.Concatenate | ops.ScaleChannels)
        read = f"[{', '.join(inputs)}]" if merges else inputs[0]
        operands = [f"{name}={value}" for name, value in call.operands]
        if call.operands and call.operands == self._binary:
            operands = ["**BINARY"]
        arguments = [*call.arguments, *operands, f"name={_quoted(layer.name)}"]
        opening, closing = f"{self._variables[layer.name]} = {call.name}(", f")({read})"
        line = f"{opening}{', '.join(arguments)}{closing}"
        if len(line) + len(_INDENT) <= _LINE_LENGTH:
            return [line]
        lines = [opening, *(f"{_INDENT}{argument}," for argument in arguments)]
        if len(closing) + len(_INDENT) <= _LINE_LENGTH:
            return [*lines, closing]
        return [*lines, ")([", *(f"{_INDENT}{name}," for name in inputs), "])"]


def _common(calls: list[_Call]) -> tuple[tuple[str, str], ...] | None:
    """How most quantized layers do it; None where a name for that would make the program no shorter."""
    found = Counter(call.operands for call in calls if len(call.operands) > 1).most_common(1)
    return found[0][0] if found and found[0][1] > 1 else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _model_name(name: str) -> str:
    # As the design's own model is called; Keras has it in paths.
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name) or "model"


def _pair(value: tuple[int, int]) -> str:
    return str(value[0]) if value[0] == value[1] else str(tuple(value))


def _quantizer(quantizer: Quantizer, operand: str) -> str:
    """A name alone where that means it; else the class with its arguments."""
    default = Quantizer(name=quantizer.name)
    if quantizer.name == "dorefa":
        mode = ', mode="weights"' if operand == "kernel" else ""
        return f"nn.DoReFa({quantizer.k_bit}{mode})"
    if quantizer == default:
        return _quoted(quantizer.name)
    name = "".join(part.capitalize() for part in quantizer.name.split("_"))
    arguments = ", ".join(f"{field}={value!r}" for field, value in quantizer.parameters.items())
    return f"nn.{name}({arguments})"


def _constraint(constraint: KernelConstraint) -> str:
    default = constraint == KernelConstraint()
    return '"weight_clip"' if default else f"nn.WeightClip({constraint.clip_value!r})"


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


def _conv2d(op: ops.Conv2D, rank: int) -> _Call:
    # Ours also where it is grouped: TensorFlow has no gradients of Keras' own groups on a processor.
    name = "keras.layers.Conv2D" if _is_plain(op) and op.groups == 1 else "lq.layers.QuantConv2D"
    groups = [f"groups={op.groups}"] if op.groups > 1 else []
    return _Call(name, (str(op.filters), _pair(op.kernel_size), *_window(op), *groups, *_bias(op)), _operands(op))


def _depthwise(op: ops.DepthwiseConv2D, rank: int) -> _Call:
    name = "keras.layers.DepthwiseConv2D" if _is_plain(op) else "lq.layers.QuantDepthwiseConv2D"
    fixed = [] if op.is_trained else ["depthwise_initializer=nn.Binomial()", "trainable=False"]
    return _Call(name, (_pair(op.kernel_size), *_window(op), *_bias(op), *fixed), _operands(op, "depthwise"))


def _dense(op: ops.Dense, rank: int) -> _Call:
    name = "keras.layers.Dense" if _is_plain(op) else "lq.layers.QuantDense"
    return _Call(name, (str(op.units), *_bias(op)), _operands(op))


def _batch_norm(op: ops.BatchNorm, rank: int) -> _Call:
    given = {"momentum": (op.momentum, 0.99), "epsilon": (op.epsilon, 1e-3)}
    given |= {"center": (op.center, True), "scale": (op.scale, True)}
    arguments = [f"{name}={value!r}" for name, (value, default) in given.items() if value != default]
    return _Call("keras.layers.BatchNormalization", tuple(arguments))


def _activation(op: ops.Activation, rank: int) -> _Call:
    if op.function == "prelu":
        shared = ["shared_axes=(1, 2)"] if rank == 3 else []
        start = f"alpha_initializer=keras.initializers.Constant({_PRELU_SLOPE})"
        return _Call("keras.layers.PReLU", (start, *shared))
    if op.function == "unit_clip":
        return _Call("keras.layers.ReLU", ("max_value=1.0",))
    return _Call("keras.layers.Activation", (_quoted(op.function),))


def _pool2d(op: ops.Pool2D, rank: int) -> _Call:
    name = "keras.layers.MaxPooling2D" if op.kind == "max" else "keras.layers.AveragePooling2D"
    arguments = [_pair(op.pool_size)]
    arguments += [f"strides={_pair(op.strides)}"] if op.strides != op.pool_size else []
    arguments += [f'padding="{op.padding}"'] if op.padding != "valid" else []
    return _Call(name, tuple(arguments))


def _named(name: str) -> Callable[[Any, int], _Call]:
    return lambda op, rank: _Call(name)


_CALLS: dict[type[ops.Op], Callable[[Any, int], _Call]] = {
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
    ops.PadChannels: lambda op, rank: _Call("nn.PadChannels", (str(op.before),)),
    ops.Dropout: lambda op, rank: _Call("keras.layers.Dropout", (repr(op.rate),)),
}
