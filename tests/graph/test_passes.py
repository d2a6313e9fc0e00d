"""The deployed program against what LCE 0.16.0's converter gives for the same layers.

The operators that are expected here were read from files that `larq_compute_engine.convert_keras_model` (0.16.0, with
TensorFlow 2.15.1 and larq 0.14) made of the same layers with random weights.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from bnn_designer.graph import Graph, Layer, Tensor, ops
from bnn_designer.graph.passes import DeployOptions, Operator, Program, deploy
from bnn_designer.graph.passes.rules import RULES
from bnn_designer.graph.shapes import output_shape

NORM = ops.BatchNorm(True, True, 0.9, 1e-3)
RELU, PRELU, TANH = ops.Activation("relu"), ops.Activation("prelu"), ops.Activation("hard_tanh")
POOL = ops.Pool2D("max", (2, 2), (2, 2), "valid")
AVERAGE = ops.Pool2D("average", (2, 2), (2, 2), "valid")


def conv(
    filters: int = 32, kernel: int = 3, inputs: str | None = None, weights: str | None = None, **more: Any
) -> ops.Op:
    fields = {"strides": (1, 1), "dilation": (1, 1), "padding": "same", "pad_values": 0, "use_bias": False} | more
    return ops.Conv2D(
        input_quantizer=inputs,
        kernel_quantizer=weights,
        kernel_constraint=None,
        filters=filters,
        kernel_size=(kernel, kernel),
        **fields,
    )


def binary(filters: int = 32, kernel: int = 3, **more: Any) -> ops.Op:
    return conv(
        filters, kernel, more.pop("inputs", "ste_sign"), more.pop("weights", "ste_sign"), **{"pad_values": 1} | more
    )


def depthwise(inputs: str | None = None, weights: str | None = None, pad_values: int = 0) -> ops.Op:
    return ops.DepthwiseConv2D(
        input_quantizer=inputs, kernel_quantizer=weights, kernel_size=(3, 3), pad_values=pad_values
    )


def dense(units: int, quantizer: str | None = None, use_bias: bool = True) -> ops.Op:
    return ops.Dense(input_quantizer=quantizer, kernel_quantizer=quantizer, use_bias=use_bias, units=units)


class Net:
    """Layers added one after the other; ``add`` gives the tensor's name."""

    def __init__(self, *shape: int) -> None:
        self.image, self.layers = Tensor("input", shape), []
        self.last = "input"

    def add(self, op: ops.Op, *inputs: str) -> str:
        names = inputs or (self.last,)
        shapes = {"input": self.image.shape} | {layer.name: layer.output.shape for layer in self.layers}
        name = f"l{len(self.layers)}"
        output = Tensor(name, output_shape(op, tuple(shapes[one] for one in names), name))
        self.layers.append(Layer(name, op, names, output, name, name))
        self.last = name
        return name

    def graph(self) -> Graph:
        return Graph("net", self.image, tuple(self.layers), 10)


def chain(channels: int, *layers: ops.Op) -> Graph:
    net = Net(16, 16, channels)
    for op in layers:
        net.add(op)
    return net.graph()


def text(op: Operator) -> str:
    """The operator's kind; "+RELU" with a fused function, "bits" where it writes signs, and what it owns."""
    return op.kind + (f"+{op.activation}" if op.activation else "") + (" bits" if op.output.bits == 1 else "")


def kinds(program: Program) -> list[str]:
    return [text(op) for op in program.operators]


SIGN, BITS, FLOATS = "LceQuantize bits", "LceBconv2d bits", "LceBconv2d"

CASES: dict[str, tuple[Graph, list[str]]] = {
    "batch norm becomes thresholds": (chain(32, binary(), NORM, binary()), [SIGN, BITS, FLOATS]),
    "so it does without a batch norm": (chain(32, binary(), binary()), [SIGN, BITS, FLOATS]),
    "zeros as padding keep the sums": (chain(32, binary(pad_values=0), NORM, binary()), [SIGN, FLOATS, SIGN, FLOATS]),
    "even around a 1x1 kernel": (
        chain(32, binary(kernel=1, pad_values=0), NORM, binary()),
        [SIGN, FLOATS, SIGN, FLOATS],
    ),
    "valid padding packs": (chain(32, binary(padding="valid", pad_values=0), binary()), [SIGN, BITS, FLOATS]),
    "relu in front of the batch norm is fused": (
        chain(32, binary(), RELU, NORM, binary()),
        [SIGN, "LceBconv2d+RELU bits", FLOATS],
    ),
    "relu behind it is not": (
        chain(32, binary(), NORM, RELU, NORM, binary()),
        [SIGN, FLOATS, "RELU", "MUL", "ADD", SIGN, FLOATS],
    ),
    "nor with zeros as padding": (chain(32, binary(pad_values=0), RELU, NORM), [SIGN, FLOATS, "RELU", "MUL", "ADD"]),
    "prelu stays": (chain(32, binary(), PRELU, NORM, binary()), [SIGN, FLOATS, "PRELU", "MUL", "ADD", SIGN, FLOATS]),
    "hard tanh is fused": (chain(32, binary(), TANH, binary()), [SIGN, "LceBconv2d+RELU_N1_TO_1 bits", FLOATS]),
    "float convolutions take all": (chain(3, conv(8), NORM, RELU), ["CONV_2D+RELU"]),
    "but no batch norm behind relu": (
        chain(3, conv(8), RELU, NORM, binary(8)),
        ["CONV_2D+RELU", "MUL", "ADD", SIGN, FLOATS],
    ),
    "a shift is a bias": (chain(3, conv(8), NORM, ops.ChannelShift()), ["CONV_2D"]),
    "a shift alone is a sum": (
        chain(32, ops.ChannelShift(), binary(), NORM, ops.ChannelShift(), PRELU, ops.ChannelShift(), binary()),
        ["ADD", SIGN, FLOATS, "PRELU", "ADD", SIGN, FLOATS],
    ),
    "pools fuse relu": (chain(8, NORM, POOL, RELU), ["MUL", "ADD", "MAX_POOL_2D+RELU"]),
    "averages too": (chain(8, AVERAGE, RELU), ["AVERAGE_POOL_2D+RELU"]),
    "a batch norm's sum fuses relu": (chain(8, RELU, POOL, NORM, RELU), ["RELU", "MAX_POOL_2D", "MUL", "ADD+RELU"]),
    "max pools of signs": (
        chain(32, binary(), NORM, POOL, POOL, binary()),
        [SIGN, BITS, "LceBMaxPool2d bits", "LceBMaxPool2d bits", FLOATS],
    ),
    "of the image as well": (chain(32, POOL, binary()), [SIGN, "LceBMaxPool2d bits", FLOATS]),
    "pool, batch norm, sign stays float": (
        chain(32, binary(), POOL, NORM, binary()),
        [SIGN, FLOATS, "MAX_POOL_2D", "MUL", "ADD", SIGN, FLOATS],
    ),
    "averages of floats": (chain(32, AVERAGE, binary()), ["AVERAGE_POOL_2D", SIGN, FLOATS]),
    "binary activations only": (chain(32, conv(8, inputs="ste_sign"), NORM), [SIGN, "LceDequantize", "CONV_2D"]),
    "padded with ones": (
        chain(32, conv(8, inputs="ste_sign", pad_values=1), NORM),
        [SIGN, "LceDequantize", "PADV2", "CONV_2D"],
    ),
    "binary weights only": (chain(8, conv(8, weights="ste_sign", pad_values=1), NORM), ["PADV2", "CONV_2D"]),
    "ternary weights are floats": (
        chain(8, conv(8, inputs="ste_sign", weights="ste_tern"), NORM),
        [SIGN, "LceDequantize", "CONV_2D"],
    ),
    "depthwise signs are floats": (
        chain(32, depthwise("ste_sign", "ste_sign", 1), NORM, binary()),
        [SIGN, "LceDequantize", "PADV2", "DEPTHWISE_CONV_2D", SIGN, FLOATS],
    ),
    "groups of 32": (chain(64, binary(64, groups=2), NORM, binary()), [SIGN, BITS, FLOATS]),
    "float groups": (chain(8, conv(8, groups=2), NORM, RELU), ["CONV_2D+RELU"]),
    "dense takes the batch norm in front": (
        chain(8, ops.GlobalAveragePool(), NORM, dense(5)),
        ["AVERAGE_POOL_2D", "FULLY_CONNECTED"],
    ),
    "or the shift": (
        chain(8, ops.GlobalAveragePool(), ops.ChannelShift(), dense(5)),
        ["AVERAGE_POOL_2D", "FULLY_CONNECTED"],
    ),
    "but only into a bias": (
        chain(8, ops.GlobalAveragePool(), NORM, dense(5, use_bias=False)),
        ["AVERAGE_POOL_2D", "MUL", "ADD", "FULLY_CONNECTED"],
    ),
    "and not through relu": (
        chain(8, ops.GlobalAveragePool(), dense(5), RELU, NORM, RELU, dense(6)),
        ["AVERAGE_POOL_2D", "FULLY_CONNECTED+RELU", "MUL", "ADD+RELU", "FULLY_CONNECTED"],
    ),
    "dense takes the one behind": (
        chain(8, RELU, ops.Flatten(), dense(5, use_bias=False), NORM, ops.Softmax()),
        ["RELU", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"],
    ),
    "sigmoid stays": (
        chain(8, ops.GlobalAveragePool(), dense(5), ops.Activation("sigmoid")),
        ["AVERAGE_POOL_2D", "FULLY_CONNECTED", "LOGISTIC"],
    ),
    "unit clip is two": (chain(3, conv(8), ops.Activation("unit_clip")), ["CONV_2D", "MINIMUM", "RELU"]),
    "dropout is nothing": (chain(3, conv(8), ops.Dropout(0.5), RELU), ["CONV_2D+RELU"]),
}


@pytest.mark.parametrize("name", CASES)
def test_operators_are_those_of_lce(name: str) -> None:
    graph, expected = CASES[name]
    program = deploy(graph)
    assert kinds(program) == expected
    assert program.unsupported == ()


def test_two_readers_of_signs_share_them_and_two_readers_of_sums_forbid_bits() -> None:
    net = Net(16, 16, 32)
    net.add(binary())
    source = net.add(NORM)
    one, two = net.add(binary(), source), net.add(binary(), source)
    net.add(ops.Add(), one, two)
    assert kinds(deploy(net.graph())) == [SIGN, BITS, FLOATS, FLOATS, "ADD"]

    net = Net(16, 16, 32)
    source = net.add(binary())
    net.add(ops.Add(), net.add(binary(), source), source)
    assert kinds(deploy(net.graph())) == [SIGN, FLOATS, SIGN, FLOATS, "ADD"]


def test_a_batch_norm_is_not_folded_into_what_others_read() -> None:
    net = Net(16, 16, 3)
    source = net.add(conv(8))
    net.add(ops.Add(), net.add(RELU, net.add(NORM, source)), source)
    assert kinds(deploy(net.graph())) == ["CONV_2D", "MUL", "ADD+RELU", "ADD"]


def test_nor_into_what_others_read_behind_a_layer_that_is_nothing() -> None:
    net = Net(16, 16, 3)
    source = net.add(conv(8))
    net.add(ops.Add(), net.add(RELU, net.add(ops.Dropout(0.5), source)), source)
    assert kinds(deploy(net.graph())) == ["CONV_2D", "RELU", "ADD"]


def test_binary_dense_is_a_convolution_of_one_pixel_or_a_float_product() -> None:
    graph = chain(32, ops.Flatten(), dense(64, "ste_sign"), NORM, dense(10, "ste_sign", use_bias=False), ops.Softmax())
    as_conv, as_float = deploy(graph), deploy(graph, DeployOptions(binary_dense="float"))
    assert kinds(as_conv) == ["RESHAPE", SIGN, BITS, FLOATS, "RESHAPE", "SOFTMAX"]
    pair = [SIGN, "LceDequantize", "FULLY_CONNECTED"]
    assert kinds(as_float) == ["RESHAPE", *pair, *pair, "SOFTMAX"]
    words = 16 * 16 * 32 // 32
    assert [c.size_bytes for c in as_conv.operators[2].constants] == [64 * words * 4, 64 * 4]
    assert [c.size_bytes for c in as_float.operators[3].constants] == [64 * 8192 * 4, 64 * 4]


def test_weights_are_packed_to_32_channels_and_neutral_factors_are_shared() -> None:
    program = deploy(chain(33, binary(40, pad_values=0), binary(40, pad_values=0)))
    first, second = (op for op in program.operators if op.kind == "LceBconv2d")
    assert first.constants[0].shape == (40, 3, 3, 2)  # ceil(33 / 32) words
    assert first.constants[1:] == second.constants[1:]  # multipliers of 1, offsets of 0
    assert sum(c.size_bytes for c in program.constants) == 2 * 40 * 3 * 3 * 2 * 4 + 40 * 4 + 40 * 4


def test_scaled_signs_give_multipliers_of_their_own() -> None:
    program = deploy(chain(32, binary(weights="xnor_weight_scale", pad_values=0)))
    assert [c.shared for c in program.operators[-1].constants] == ["", "", "zeros"]


def test_unfolded_input_of_both_kernels() -> None:
    graph = chain(33, conv(16), binary(8, strides=(2, 2)), binary(8, kernel=1))
    indirect, default = deploy(graph), deploy(graph, DeployOptions(kernel="default"))
    asked = [op.im2col.size_bytes if op.im2col else 0 for op in indirect.operators]
    assert asked == [16 * 16 * 3 * 3 * 33 * 4, 0, 0, 0]
    asked = [op.im2col.size_bytes if op.im2col else 0 for op in default.operators]
    assert asked == [16 * 16 * 3 * 3 * 33 * 4, 0, 8 * 8 * 3 * 3 * 1 * 4, 0]


@pytest.mark.parametrize(
    ("op", "word"),
    [
        (conv(8, inputs="dorefa", weights="ste_sign"), "inputs of 2 bits"),
        (conv(8, inputs="ste_tern", weights="ste_sign"), "inputs of 2 bits"),
        (binary(64, groups=4), "16 channels per group"),
        (conv(4096, 8, weights="magnitude_aware_sign", padding="valid"), "128 MiB"),
    ],
)
def test_what_lce_cannot_run_is_named(op: ops.Op, word: str) -> None:
    channels = 64 if getattr(op, "groups", 1) > 1 else 256
    (reason,) = deploy(chain(channels, op)).unsupported
    assert word in reason.reason
    assert reason.layer == "l0"


def test_an_operation_without_a_rule_is_unsupported_and_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RULES, ops.ChannelShift)
    program = deploy(chain(3, ops.ChannelShift()))
    assert "no rule" in program.unsupported[0].reason
    assert program.output.size_bytes == 16 * 16 * 3 * 4


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="binary_dense"):
        DeployOptions(binary_dense="packed")
    with pytest.raises(ValueError, match="kernel"):
        DeployOptions(kernel="fast")


def test_names_are_unique_and_every_layer_is_somewhere() -> None:
    for graph, _ in CASES.values():
        program = deploy(graph)
        names = [op.name for op in program.operators]
        assert len(set(names)) == len(names)
        assert all(
            name in {"input", *names[:index]} for index, op in enumerate(program.operators) for name in op.inputs
        )
        assert math.prod(program.output.shape) == graph.output.elements
