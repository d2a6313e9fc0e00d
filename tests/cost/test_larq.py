"""Larq's counts: BinaryNet as arithmetic and against Larq's own summary; every rule by an example; laws for all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from bnn_designer.cost import cost
from bnn_designer.cost.larq import Count, count, total
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.quantization import Quantizer
from bnn_designer.graph import lower, ops
from tests.strategies import networks

# Larq's layer types, and the operations they are here.
LARQ_TYPES = {
    "QuantConv2D": "Conv2D",
    "BatchNormalization": "BatchNorm",
    "MaxPooling2D": "Pool2D",
    "Flatten": "Flatten",
    "QuantDense": "Dense",
    "Activation": "Softmax",
}


def by_bits(data: dict[str, int]) -> dict[int, int]:
    return {int(bits): number for bits, number in data.items()}


def test_binarynet_layer_by_layer_as_larq_has_it() -> None:
    """The table is Larq's own output; the file names its version."""
    published = json.loads((Path(__file__).parent / "larq_binarynet.json").read_text())["layers"]
    layers = cost(preset("binarynet")).layers
    assert len(layers) == len(published)
    for layer, (larq_type, output_shape, params_by_bits, macs_by_bits) in zip(layers, published, strict=True):
        assert layer.kind == LARQ_TYPES[larq_type]
        assert layer.output_shape == tuple(output_shape)
        assert layer.count == Count(by_bits(params_by_bits), by_bits(macs_by_bits))


def test_binarynet_by_arithmetic() -> None:
    """Kernels: height x width x inputs x outputs. MACs: those times the output's pixels. Batch norms: 2 a channel."""
    report = cost(preset("binarynet"))
    convs = [  # kernel elements, pixels of the output
        (3 * 3 * 3 * 128, 30 * 30),
        (3 * 3 * 128 * 128, 30 * 30),
        (3 * 3 * 128 * 256, 15 * 15),
        (3 * 3 * 256 * 256, 15 * 15),
        (3 * 3 * 256 * 512, 7 * 7),
        (3 * 3 * 512 * 512, 7 * 7),
    ]
    dense = [3 * 3 * 512 * 1024, 1024 * 1024, 1024 * 10]
    norms = [128, 128, 256, 256, 512, 512, 1024, 1024, 10]
    binary_weights = sum(kernel for kernel, _ in convs) + sum(dense)
    float_numbers = 2 * sum(norms)
    assert report.larq.params_by_bits == {1: binary_weights, 32: float_numbers} == {1: 10_352_000, 32: 7_700}
    assert report.larq.params == binary_weights + float_numbers == 10_359_700
    assert report.memory_bytes == (binary_weights + 32 * float_numbers) // 8 == 1_324_800
    # The first layer binarizes its weights only, so its MACs have 32 bits.
    float_macs = convs[0][0] * convs[0][1]
    binary_macs = sum(kernel * pixels for kernel, pixels in convs[1:]) + sum(dense)
    assert report.larq.macs_by_bits == {1: binary_macs, 32: float_macs} == {1: 510_961_664, 32: 3_110_400}
    assert report.larq.macs == binary_macs + float_macs == 514_072_064


def test_bi_real_cifar_by_arithmetic() -> None:
    """A float stem, two shortcuts a stage, a pointwise bypass at the two changes of stage, a float classifier."""
    report = cost(preset("bi-real-cifar"))
    binary = [
        *[(3 * 3 * 32 * 32, 32 * 32)] * 2,
        *[(3 * 3 * 32 * 64, 16 * 16), (3 * 3 * 64 * 64, 16 * 16)],
        *[(3 * 3 * 64 * 128, 8 * 8), (3 * 3 * 128 * 128, 8 * 8)],
    ]
    full = [(3 * 3 * 3 * 32, 32 * 32), (32 * 64, 16 * 16), (64 * 128, 8 * 8), (128 * 10, 1)]
    norms = 32 + 2 * 32 + 2 * 64 + 64 + 2 * 128 + 128
    assert report.larq.macs_by_bits == {
        1: sum(kernel * pixels for kernel, pixels in binary),
        32: sum(kernel * pixels for kernel, pixels in full),
    }
    assert report.larq.params_by_bits == {
        1: sum(kernel for kernel, _ in binary),
        32: sum(kernel for kernel, _ in full) + 10 + 2 * norms,
    }
    assert 20e6 <= report.larq.macs <= 60e6


def conv(input_quantizer: Any, kernel_quantizer: Any, use_bias: bool = False, **options: Any) -> ops.Conv2D:
    fields: dict[str, Any] = {
        "filters": 5,
        "kernel_size": (3, 2),
        "strides": (1, 1),
        "dilation": (1, 1),
        "padding": "same",
        "pad_values": 0,
    }
    operands = {"input_quantizer": input_quantizer, "kernel_quantizer": kernel_quantizer, "use_bias": use_bias}
    return ops.Conv2D(**operands, **fields | options)


def depthwise(binary: bool, kernel: Any = "trained") -> ops.DepthwiseConv2D:
    """3 x 3 with stride 2; the binary one has a bias."""
    sign = "ste_sign" if binary else None
    return ops.DepthwiseConv2D(
        input_quantizer=sign, kernel_quantizer=sign, use_bias=binary, kernel_size=(3, 3), strides=(2, 2), kernel=kernel
    )


DOREFA = Quantizer(name="dorefa", k_bit=2)


BINARY_DENSE = ops.Dense(input_quantizer="ste_sign", kernel_quantizer="ste_sign", use_bias=True, units=5)
NORM = ops.BatchNorm(True, True, 0.9, 1e-3)
K = 3 * 2 * 4 * 5  # kernel elements of ``conv`` on 4 channels

# Operation, input shape, output shape, weights by bits, MACs by bits.
COUNTS: list[tuple[ops.Op, tuple[int, ...], tuple[int, ...], dict[int, int], dict[int, int]]] = [
    (conv("ste_sign", "ste_sign"), (8, 8, 4), (8, 8, 5), {1: K}, {1: K * 8 * 8}),
    (conv("approx_sign", "ste_sign"), (8, 8, 4), (8, 8, 5), {1: K}, {1: K * 8 * 8}),
    (conv(None, "ste_sign"), (8, 8, 4), (8, 8, 5), {1: K}, {32: K * 8 * 8}),
    (conv("ste_sign", None), (8, 8, 4), (8, 8, 5), {32: K}, {32: K * 8 * 8}),
    (conv(None, None), (8, 8, 4), (8, 8, 5), {32: K}, {32: K * 8 * 8}),
    (conv("ste_sign", "ste_sign", use_bias=True), (8, 8, 4), (8, 8, 5), {1: K, 32: 5}, {1: K * 8 * 8}),
    (conv(None, None, use_bias=True), (8, 8, 4), (8, 8, 5), {32: K + 5}, {32: K * 8 * 8}),
    (conv("ste_sign", "ste_sign", strides=(2, 2)), (8, 8, 4), (4, 4, 5), {1: K}, {1: K * 4 * 4}),
    (conv("ste_sign", "ste_sign", padding="valid"), (8, 8, 4), (6, 7, 5), {1: K}, {1: K * 6 * 7}),
    (conv("ste_sign", "ste_sign", dilation=(2, 2)), (8, 8, 4), (8, 8, 5), {1: K}, {1: K * 8 * 8}),
    (BINARY_DENSE, (9,), (5,), {1: 9 * 5, 32: 5}, {1: 9 * 5}),
    (ops.Dense(units=5), (9,), (5,), {32: 9 * 5}, {32: 9 * 5}),
    # A batch norm counts two a channel whatever it trains.
    (NORM, (8, 8, 4), (8, 8, 4), {32: 2 * 4}, {}),
    (ops.BatchNorm(False, False, 0.9, 1e-3), (8, 8, 4), (8, 8, 4), {32: 2 * 4}, {}),
    (NORM, (9,), (9,), {32: 2 * 9}, {}),
    # PReLU slopes: one a channel.
    (ops.Activation("prelu"), (8, 8, 4), (8, 8, 4), {32: 4}, {}),
    (ops.Activation("relu"), (8, 8, 4), (8, 8, 4), {}, {}),
    (ops.Pool2D("max", (2, 2), (2, 2), "valid"), (8, 8, 4), (4, 4, 4), {}, {}),
    (ops.GlobalAveragePool(), (8, 8, 4), (4,), {}, {}),
    (ops.Flatten(), (8, 8, 4), (256,), {}, {}),
    (ops.Add(), (8, 8, 4), (8, 8, 4), {}, {}),
    (ops.Softmax(), (9,), (9,), {}, {}),
    # Groups: each filter reads its group's channels only.
    (conv(None, None, groups=2, filters=6), (8, 8, 4), (8, 8, 6), {32: 3 * 2 * 2 * 6}, {32: 12 * 6 * 8 * 8}),
    # Larq 0.14's own profile of these two layers on 9 x 8 x 12: 108 + 12 weights, 2,160 MACs; 144 of 2 bits, 10,368.
    (depthwise(True), (9, 8, 12), (5, 4, 12), {1: 9 * 12, 32: 12}, {1: 9 * 12 * 5 * 4}),
    (
        conv("ste_sign", "ste_tern", filters=8, groups=4),
        (9, 8, 12),
        (9, 8, 8),
        {2: 3 * 2 * 12 // 4 * 8},
        {2: 144 * 9 * 8},
    ),
    (depthwise(False, kernel="binomial"), (9, 8, 12), (5, 4, 12), {32: 9 * 12}, {32: 9 * 12 * 5 * 4}),
    # A MAC has the wider of its operands; a scale that comes with signs is not counted.
    (conv(DOREFA, "dorefa_sign"), (8, 8, 4), (8, 8, 5), {1: K}, {2: K * 8 * 8}),
    (conv(DOREFA, "int8"), (8, 8, 4), (8, 8, 5), {8: K}, {8: K * 8 * 8}),
    (conv("ste_sign", "xnor_weight_scale"), (8, 8, 4), (8, 8, 5), {1: K}, {1: K * 8 * 8}),
    (ops.ChannelShift(), (8, 8, 4), (8, 8, 4), {32: 4}, {}),
    (ops.Dropout(0.5), (8, 8, 4), (8, 8, 4), {}, {}),
    (ops.Concatenate(), (8, 8, 4), (8, 8, 8), {}, {}),
    (ops.PadChannels(4), (8, 8, 4), (8, 8, 8), {}, {}),
    (ops.ScaleChannels(), (8, 8, 4), (8, 8, 4), {}, {}),
]


@pytest.mark.parametrize(("op", "given_shape", "output", "params", "macs"), COUNTS)
def test_count(op: Any, given_shape: Any, output: Any, params: dict[int, int], macs: dict[int, int]) -> None:
    counted = count(op, (given_shape,), output)
    assert counted == Count(params, macs)
    assert counted.params == sum(params.values())
    assert counted.macs == sum(macs.values())
    assert counted.memory_bits == sum(bits * number for bits, number in params.items())


def test_every_operation_that_lowering_makes_is_counted() -> None:
    made = {type(layer.op) for name in PRESETS for layer in lower(preset(name)).layers} | {ops.Activation}
    assert {type(op) for op, *_ in COUNTS} >= made


def test_memory_is_rounded_up_to_bytes_once() -> None:
    """Two kernels of 9 bits each are 18 bits: 3 bytes, not 2 + 2."""
    one = b.BinaryConv(filters=1)
    design = Design(input_shape=(4, 4, 1), blocks=(one, one, b.Flatten(), b.Dense(units=1), b.Head(use_bias=False)))
    float_bits = 32 * (16 * 1 + 1 * 10)
    assert cost(design).larq.memory_bits == 2 * 9 + float_bits
    assert cost(design).memory_bytes == math.ceil((2 * 9 + float_bits) / 8)


@given(networks())
def test_totals_are_sums_of_layers(design: Design) -> None:
    report = cost(design)
    figures: list[Callable[[Count], int]] = [lambda c: c.params, lambda c: c.macs, lambda c: c.memory_bits]
    for figure in figures:
        assert figure(report.larq) == sum(figure(layer.count) for layer in report.layers)
    widths = set(report.larq.params_by_bits) | set(report.larq.macs_by_bits)
    for bits in widths:
        assert report.larq.macs_by_bits.get(bits, 0) == sum(la.count.macs_by_bits.get(bits, 0) for la in report.layers)
        of_bits = [layer.count.params_by_bits.get(bits, 0) for layer in report.layers]
        assert report.larq.params_by_bits.get(bits, 0) == sum(of_bits)
    assert widths <= {1, 2, 3, 8, 32}
    assert total([report.larq]) == report.larq
    assert total([]) == Count({}, {})


@given(networks())
def test_macs_are_kernels_times_pixels(design: Design) -> None:
    report = cost(design)
    for layer, op in zip(report.layers, [layer.op for layer in report.graph.layers], strict=True):
        if not isinstance(op, ops.QuantizedOp):
            assert layer.count.macs == 0
            continue
        # The bias, where there is one, may stand with 32-bit weights in one figure.
        biases = layer.output_shape[-1] if op.use_bias and op.kernel_bits == 32 else 0
        kernel_elements = layer.count.params_by_bits[op.kernel_bits] - biases
        bits = max(op.input_bits, op.kernel_bits)
        assert layer.count.macs_by_bits == {bits: kernel_elements * math.prod(layer.output_shape[:-1])}
        assert (layer.precision == "binary") == (bits == 1)
