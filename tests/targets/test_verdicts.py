"""Where blocks run in bits: each rule on a block that it says, and on one that it does not."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import ops
from bnn_designer.targets import STATES, TARGETS, Verdict, verdicts
from tests.strategies import networks

NORM = b.BatchNormOptions()


def network(*body: b.Block, size: int = 16) -> Design:
    blocks = (b.Conv(id="stem", filters=64, batch_norm=NORM), *body, b.GlobalPool(), b.Head())
    return Design(input_shape=(size, size, 3), blocks=blocks)


def conv(**fields: object) -> b.BinaryConv:
    return b.BinaryConv.model_validate({"filters": 64, "batch_norm": NORM} | fields)


def of(block: b.Block, target: str, *around: b.Block, size: int = 16) -> Verdict:
    """The verdict of a block between binary layers."""
    named = block.model_copy(update={"id": "x"})
    return verdicts(network(conv(padding="valid"), named, *(around or (conv(),)), size=size))["x"][target]


# A target, a block of 64 channels, the state, and words of the reason.
CASES: list[tuple[str, b.Block, str, str]] = [
    ("engine", conv(), "bits", "XNOR"),
    ("engine", conv(groups=4, pad_values=0), "bits", "XNOR"),
    ("engine", conv(groups=4), "float", "padded as floats"),
    ("engine", b.BinaryDepthwiseConv(), "float", "depthwise"),
    ("engine", conv(input_quantizer=None), "float", "Only its weights"),
    ("engine", conv(kernel_quantizer=None), "float", "Only its inputs"),
    ("engine", conv(input_quantizer="dorefa"), "float", "a few bits"),
    ("engine", conv(input_quantizer="int8", kernel_quantizer="int8"), "int8", "summed in 32 bits"),
    ("lce", conv(input_quantizer="int8", kernel_quantizer="int8"), "int8", "whole numbers of 8 bits"),
    ("openvino", conv(input_quantizer="int8", kernel_quantizer="int8"), "float", "saturate"),
    ("finn", conv(input_quantizer="int8", kernel_quantizer="int8"), "int8", "MVAU of INT8"),
    ("engine", conv(input_quantizer="int8"), "refused", "no step"),
    ("engine", b.PoolBatchNorm(), "bits", "bits are pooled"),
    ("engine", b.Conv(filters=64), "float", "full precision"),
    ("lce", conv(), "bits", "LceBconv2d"),
    ("lce", conv(groups=4), "refused", "multiples of 32"),
    ("lce", conv(groups=2), "bits", "LceBconv2d"),
    ("lce", b.BinaryDepthwiseConv(), "float", "depthwise"),
    ("lce", conv(input_quantizer="dorefa"), "refused", "2 bits"),
    ("lce", conv(kernel_quantizer="ste_tern"), "float", "any other mix"),
    ("lce", conv(kernel_quantizer="magnitude_aware_sign"), "bits", "LceBconv2d"),
    ("lce", b.PoolBatchNorm(batch_norm=None), "bits", "LceBMaxPool2d"),
    ("lce", b.PoolBatchNorm(), "float", "directly reads"),
    ("finn", conv(), "refused", "pads with zeros only"),
    ("finn", conv(pad_values=0), "refused", "pads with zeros only"),
    ("finn", conv(padding="valid"), "bits", "binaryXnorMode"),
    ("finn", conv(kernel_size=1), "bits", "binaryXnorMode"),
    ("finn", conv(kernel_size=1, strides=(2, 1)), "refused", "DownSampler"),
    ("finn", conv(kernel_size=1, strides=2), "bits", "binaryXnorMode"),
    ("finn", conv(padding="valid", groups=2), "unknown", "other groups"),
    ("finn", conv(input_quantizer=None), "float", "integers only"),
    ("finn", conv(padding="valid", input_quantizer="dorefa"), "unknown", "not tried"),
    ("finn", b.Shortcut(body=(conv(padding="valid", kernel_size=1),)), "refused", "adds streams"),
    ("finn", b.Activation(function="prelu"), "refused", "float function"),
    ("finn", b.PoolBatchNorm(), "bits", "integers"),
    ("finn", b.PoolBatchNorm(pool_size=3), "refused", "divides"),
    ("finn", b.PoolBatchNorm(pool_size=3, strides=2), "unknown", "strides equal"),
    ("finn", b.PoolBatchNorm(pool="average"), "unknown", "QuantAvgPool2d"),
    ("finn", b.BlurPool(), "refused", "fixed weights"),
    ("st", conv(), "bits", "forward_conv2d_is1os1ws1_bn_pad1"),
    ("st", conv(pad_values=0), "bits", "forward_conv2d_is1os1ws1_bn_pad0"),
    ("st", conv(padding="valid"), "bits", "forward_conv2d_is1os1ws1_bn."),
    ("st", conv(kernel_size=1), "bits", "forward_pw_is1os1ws1_bn"),
    ("st", b.BinaryDepthwiseConv(), "bits", "forward_dw_is1os1ws1_bn_pad1"),
    ("st", conv(dilation=2), "unknown", "dilation"),
    ("st", conv(groups=2), "unknown", "groups"),
    ("st", conv(activation="prelu"), "unknown", "floats are read"),
    ("st", conv(input_quantizer="dorefa"), "unknown", "1, 8 and 16 bits"),
    ("st", b.PoolBatchNorm(batch_norm=None), "bits", "forward_maxpool_is1os1"),
    ("openvino", conv(), "bits", "sign of 0 is -1"),
    ("openvino", conv(groups=2), "float", "no groups"),
    ("openvino", b.BinaryDepthwiseConv(), "float", "no groups"),
    ("openvino", conv(kernel_size=7), "float", "wider"),
    ("openvino", conv(kernel_size=5), "bits", "BinaryConvolution"),
    ("openvino", conv(kernel_size=9, padding="valid"), "bits", "BinaryConvolution"),
    ("openvino", conv(input_quantizer="dorefa"), "float", "one bit with one bit"),
    ("openvino", b.PoolBatchNorm(), "float", "no max pool of bits"),
]


@pytest.mark.parametrize(("target", "block", "state", "words"), CASES)
def test_verdict_of_a_block(target: str, block: b.Block, state: str, words: str) -> None:
    verdict = of(block, target)
    assert (verdict.state, words in verdict.reason) == (state, True), verdict
    assert verdict.source


def test_dense_layers() -> None:
    dense = b.BinaryDense(id="x", units=64, batch_norm=NORM)
    found = verdicts(
        Design(input_shape=(4, 4, 8), blocks=(b.Flatten(), dense, b.BinaryDense(units=10), b.Head(classifier="none")))
    )
    assert {name: verdict.state for name, verdict in found["x"].items()} == dict.fromkeys(TARGETS, "bits")
    assert "1x1 convolution" in found["x"]["lce"].reason
    assert "forward_dense_is1os1ws1" in found["x"]["st"].reason
    assert "forward_dense_is1of32ws1" in found["binary_dense_1"]["st"].reason


def test_a_block_of_several_layers_has_its_worst_verdict() -> None:
    """A dense block's first convolution could run in bits anywhere; its sums of channels are floats."""
    found = verdicts(network(b.DenseBlock(id="x", growth=64, layers=2, kernel_size=1)))
    assert found["x"]["lce"].state == "bits"
    assert found["x"]["finn"].state == "refused"


def test_a_binary_layer_reads_one_bit_on_lce_exactly_where_its_operator_is_binary() -> None:
    for name in PRESETS:
        report = cost(preset(name))
        binary = {op.block_id for op in report.program.operators if op.is_binary}
        found = verdicts(report)
        for block_id, mine in found.items():
            if mine.get("lce") and mine["lce"].state == "bits":
                assert block_id in binary or "LceBMaxPool2d" in mine["lce"].reason


def test_a_design_that_is_no_network_is_refused() -> None:
    with pytest.raises(DesignError):
        verdicts(Design(blocks=(conv(),)))


@settings(max_examples=60)
@given(networks())
def test_every_product_has_a_verdict_on_every_target(design: Design) -> None:
    try:
        report = cost(design)
    except DesignError:
        assume(False)
        raise
    found = verdicts(report)
    assert found == verdicts(design)
    trained = [layer for layer in report.graph.layers if isinstance(layer.op, ops.QuantizedOp) and layer.op.is_trained]
    products = {layer.block_id for layer in trained}
    for block_id in products:
        assert set(found[block_id]) == set(TARGETS)
    for mine in found.values():
        assert all(verdict.state in STATES and verdict.reason and verdict.source for verdict in mine.values())
