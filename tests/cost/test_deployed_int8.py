"""First and last layers of 8 bits in the deployed program: operators, bytes and multiply-accumulates."""

from __future__ import annotations

import pytest

from bnn_designer.cost import DeployedCost, NotDeployable, cost
from bnn_designer.cost.deployed_file import overhead_bytes
from bnn_designer.cost.latency.devices import latencies
from bnn_designer.design import Block, Design
from bnn_designer.design import blocks as b
from bnn_designer.graph import lower
from bnn_designer.graph.passes import Program, deploy

INT8 = {"input_quantizer": "int8", "kernel_quantizer": "int8"}
SIGNS = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
END = (b.Head(classifier="none"),)


def design(*blocks: Block, shape: tuple[int, int, int] = (8, 8, 3), classes: int = 10) -> Design:
    return Design(name="int8", input_shape=shape, classes=classes, blocks=blocks)


def ends() -> Design:
    """8x8x3 -> 6x6x64 in 8 bits -> 4x4x32 in bits -> 10 in 8 bits."""
    return design(
        b.BinaryConv(id="first", filters=64, kernel_size=(3, 3), padding="valid", **INT8),
        b.BatchNorm(),
        b.BinaryConv(filters=32, kernel_size=(3, 3), padding="valid", **SIGNS),
        b.BatchNorm(),
        b.Flatten(),
        b.BinaryDense(id="last", units=10, use_bias=True, **INT8),
        *END,
    )


def deployed(found: Design) -> DeployedCost:
    report = cost(found).deployed
    assert isinstance(report, DeployedCost)
    return report


def kinds(program: Program) -> list[str]:
    return [op.kind for op in program.operators]


def test_the_first_layer_ends_in_bits_and_the_last_one_in_floats() -> None:
    program = deploy(lower(ends()))
    assert kinds(program) == [
        "QUANTIZE",
        "CONV_2D",
        "LceQuantize",
        "LceBconv2d",
        "RESHAPE",
        "QUANTIZE",
        "FULLY_CONNECTED",
        "DEQUANTIZE",
        "SOFTMAX",
    ]
    first = program.operators[1]
    assert first.layers == ("first", "batch_norm_1")  # folded: its factors are the filters' scales
    assert [one.size_bytes for one in first.constants] == [64 * 3 * 3 * 3, 64 * 4]
    assert (program.operators[0].output.size_bytes, first.output.size_bytes) == (8 * 8 * 3, 6 * 6 * 64)
    assert first.im2col is not None
    assert first.im2col.size_bytes == 6 * 6 * 3 * 3 * 3


def test_multiply_accumulates_by_precision() -> None:
    found = deployed(ends())
    assert found.int8_macs == 6 * 6 * 3 * 3 * 3 * 64 + 4 * 4 * 32 * 10
    assert found.binary_macs == 4 * 4 * 3 * 3 * 64 * 32
    assert found.float_macs == 0
    assert found.ops == found.binary_macs / 64 + found.int8_macs
    assert found.formulas()["ops"].value == found.ops
    assert found.formulas()["weight_bytes"].value == found.weight_bytes


def test_scales_in_the_file() -> None:
    """Two filters' sets of scales and zero points, 12 bytes each, for weights and biases; one for each 8-bit tensor."""
    tables = 40 * (2 * 2 + 4)
    assert overhead_bytes(deploy(lower(ends())))["scales"] == tables + 12 * (2 * (64 + 10) + 4)
    floats = design(b.Conv(filters=4, kernel_size=(3, 3)), b.GlobalPool(), b.Head())
    assert "scales" not in overhead_bytes(deploy(lower(floats)))


def test_what_more_than_signs_is_read_of_becomes_floats_once() -> None:
    """A shortcut's sum and the signs that its body reads both get the floats, of one operator."""
    conv = b.BinaryConv(id="first", filters=32, kernel_size=(3, 3), **INT8)
    body = b.BinaryConv(filters=32, kernel_size=(3, 3), **SIGNS)
    program = deploy(lower(design(conv, b.Shortcut(body=(body,)), b.GlobalPool(), b.Head())))
    assert kinds(program).count("DEQUANTIZE") == 1
    (signs,) = [op for op in program.operators if op.kind == "LceQuantize"]
    assert signs.inputs == ("first.dequantized",)


def test_two_layers_that_read_one_tensor_share_its_whole_numbers() -> None:
    branch = b.BinaryConv(filters=4, kernel_size=(1, 1), **INT8)
    other = b.BinaryConv(filters=8, kernel_size=(3, 3), pad_values=0, **INT8)
    both = b.Branches(merge="concatenate", body=(branch, other))
    program = deploy(lower(design(both, b.GlobalPool(), b.Head())))
    assert kinds(program).count("QUANTIZE") == 1


@pytest.mark.parametrize(
    "block",
    [
        b.BinaryConv(filters=4, kernel_size=(3, 3), input_quantizer="int8", kernel_quantizer="ste_sign"),
        b.BinaryConv(filters=4, kernel_size=(3, 3), input_quantizer={"name": "dorefa", "k_bit": 8}),
        b.BinaryDepthwiseConv(kernel_size=(3, 3), **INT8),
    ],
)
def test_other_mixes_stay_without_figures(block: Block) -> None:
    assert isinstance(cost(design(block, b.GlobalPool(), b.Head())).deployed, NotDeployable)


def test_how_long_it_takes_is_unknown() -> None:
    states = {one.to_data()["state"] for one in latencies(deployed(ends()))}
    assert states == {"unknown"}


def _converted(layer: object, shape: tuple[int, ...], int8: bool) -> int:
    """Bytes of a file that TensorFlow Lite's converter makes of one layer, its input and output floats."""
    import keras
    import numpy as np
    import tensorflow as tf

    draw = np.random.default_rng(0)
    model = keras.Sequential([keras.Input(shape), layer])
    for weight in model.weights:
        weight.assign(draw.normal(0, 1, weight.shape))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if int8:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: [[draw.uniform(-1, 1, (1, *shape)).astype(np.float32)]]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return len(converter.convert())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["conv", "dense"])
def test_a_file_grows_as_that_of_tensorflow_lite_s_converter(kind: str) -> None:
    import keras

    if kind == "conv":
        layer, shape = keras.layers.Conv2D(20, 3), (8, 8, 3)
        blocks = [
            (maker(filters=20, kernel_size=(3, 3), padding="valid", use_bias=True, **kwargs), b.Flatten())
            for maker, kwargs in ((b.Conv, {}), (b.BinaryConv, INT8))
        ]
    else:
        layer, shape = keras.layers.Dense(20), (192,)
        blocks = [
            (b.Flatten(), maker(units=20, use_bias=True, **kwargs))
            for maker, kwargs in ((b.Dense, {}), (b.BinaryDense, INT8))
        ]
    measured = _converted(layer, shape, int8=True) - _converted(layer, shape, int8=False)
    floats, int8 = (
        deployed(design(*found, *END, shape=(8, 8, 3), classes=720 if kind == "conv" else 20)).file_bytes
        for found in blocks
    )
    assert int8 - floats == pytest.approx(measured, abs=16)
