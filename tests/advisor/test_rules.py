"""Each rule on a small design that breaks it, and on one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_designer.advisor import RULES, Finding, advise, fix_all
from bnn_designer.cost import cost
from bnn_designer.design import Design, apply_edit
from bnn_designer.design import blocks as b
from bnn_designer.graph import lower

NORM = b.BatchNormOptions()


def network(*body: b.Block, **fields: Any) -> Design:
    """A float stem of 32 channels, the blocks, a global pool and a float head."""
    stem = b.Conv(id="stem", filters=32, batch_norm=NORM)
    blocks = (stem, *body, b.GlobalPool(), b.Head())
    return Design(name="small", input_shape=(16, 16, 3), blocks=blocks, **fields)


def conv(**fields: Any) -> b.BinaryConv:
    return b.BinaryConv(**{"id": "x", "filters": 32, "batch_norm": NORM} | fields)


def around(*body: b.Block, **fields: Any) -> b.Shortcut:
    return b.Shortcut(id="s", body=body, **fields)


def findings(design: Design, rule: str) -> list[Finding]:
    lower(design)
    return [finding for finding in advise(design) if finding.rule == rule]


# A rule, a body that breaks it, the block named, the severity, words of the sentence, and a body that is right.
CASES: list[tuple[str, tuple[b.Block, ...], str, str, str, tuple[b.Block, ...]]] = [
    (
        "relu-feeds-sign",
        (b.Activation(function="relu"), around(conv())),
        "s/x",
        "error",
        "every input here is +1",
        (b.Activation(function="relu"), b.BatchNorm(), around(conv())),
    ),
    (
        "relu-feeds-sign",
        (b.Activation(function="relu"), b.PoolBatchNorm(batch_norm=None), around(conv())),
        "s/x",
        "error",
        "The relu of activation_1",
        (b.Activation(function="prelu"), around(conv())),
    ),
    (
        "relu-feeds-sign",
        (b.Activation(function="unit_clip"), around(conv())),
        "s/x",
        "error",
        "The unit_clip of activation_1",
        (b.Activation(function="relu"), b.ChannelShift(), around(conv())),
    ),
    ("binary-groups", (around(conv(groups=2)),), "s/x", "error", "16 per group", (around(conv(groups=1)),)),
    ("batch-norm-after-binary", (around(conv(batch_norm=None)),), "s/x", "warning", "No batch norm", (around(conv()),)),
    ("weight-clipping", (around(conv(kernel_constraint=None)),), "s/x", "warning", "starve", (around(conv()),)),
    (
        "weight-clipping",
        (around(conv(kernel_constraint={"name": "weight_clip", "clip_value": 1.25})),),
        "s/x",
        "warning",
        "clipped at 1.25 only; beyond 1",
        (around(conv(kernel_constraint=None, kernel_quantizer="dorefa_sign")),),
    ),
    ("one-binary-operand", (around(conv(input_quantizer=None)),), "s/x", "hint", "BWN", (around(conv()),)),
    ("one-binary-operand", (around(conv(kernel_quantizer=None)),), "s/x", "hint", "BAN", (around(conv()),)),
    ("pad-values", (around(conv(pad_values=0)),), "s/x", "hint", "corrects the sums", (around(conv()),)),
    ("pad-values", (conv(pad_values=0), around(conv(id="y"))), "x", "hint", "Zeros pad", (conv(), conv(id="y"))),
    ("pad-values", (conv(pad_values=0), conv(id="y")), "x", "warning", "packed signs", (conv(), conv(id="y"))),
    (
        "relu-before-batch-norm",
        (around(conv(activation="relu")),),
        "s/x",
        "hint",
        "binary layer, batch norm, ReLU",
        (around(conv(activation="relu", order="activation_first")),),
    ),
    ("shortcut", (conv(),), "x", "hint", "No shortcut", (around(conv()),)),
    ("shortcut", (around(conv(), conv(id="y")),), "s", "hint", "2 binary convolutions", (b.DenseBlock(),)),
    (
        "shortcut-shape",
        (around(conv(strides=(2, 2))),),
        "s",
        "hint",
        "one pixel of 4",
        (around(conv(strides=(2, 2)), on_shape_change="average_pool_pointwise"),),
    ),
    (
        "trainable-batch-norm",
        (around(conv(batch_norm=b.BatchNormOptions(center=False, scale=False))),),
        "s/x",
        "hint",
        "beta and gamma",
        (around(conv()),),
    ),
    (
        "batch-norm-momentum",
        (around(conv(batch_norm=b.BatchNormOptions(momentum=0.99))),),
        "s/x",
        "hint",
        "0.99",
        (around(conv()),),
    ),
    ("bias-before-batch-norm", (around(conv(use_bias=True)),), "s/x", "hint", "32 biases", (around(conv()),)),
    ("default-sign", (around(conv(input_quantizer="swish_sign")),), "s/x", "hint", "ste_sign", (around(conv()),)),
    (
        "input-channels",
        (b.Conv(filters=16, batch_norm=NORM), around(conv(filters=16))),
        "s/x",
        "hint",
        "16 channels, which cost as much as 32",
        (around(conv()),),
    ),
    ("output-channels", (conv(filters=12),), "x", "hint", "12 output channels", (conv(filters=16),)),
    ("window-size", (around(conv(kernel_size=1)),), "s/x", "hint", "32 values", (around(conv()),)),
    (
        "changes-nothing",
        (b.PoolBatchNorm(id="x", pool_size=1, batch_norm=None),),
        "x",
        "hint",
        "Each window holds one pixel",
        (b.PoolBatchNorm(pool_size=1, strides=2, batch_norm=None),),
    ),
    (
        "changes-nothing",
        (
            b.Conv(filters=32, strides=(16, 1)),
            b.PoolBatchNorm(id="x", pool_size=(2, 1), padding="same", batch_norm=None),
        ),
        "x",
        "hint",
        "Each window holds one pixel",
        (b.PoolBatchNorm(pool_size=(2, 1), batch_norm=None),),
    ),
    ("changes-nothing", (b.Dropout(id="x", rate=0.0),), "x", "hint", "rate 0", (b.Dropout(rate=0.1),)),
    (
        "changes-nothing",
        (b.Repeat(id="x", times=1, body=(around(conv(id="y")),)),),
        "x",
        "hint",
        "once is not repeated",
        (b.Repeat(times=2, body=(around(conv(id="y")),)),),
    ),
    (
        "changes-nothing",
        (b.Sequence(id="x"),),
        "x",
        "hint",
        "is empty",
        (b.Branches(body=(b.Sequence(), b.BatchNorm())),),
    ),
    (
        "changes-nothing",
        (b.ChannelShift(id="x"), b.BatchNorm()),
        "x",
        "hint",
        "subtracts each channel",
        (b.ChannelShift(), around(conv())),
    ),
    (
        "changes-nothing",
        (b.Activation(), b.Activation(id="x", function="prelu")),
        "x",
        "hint",
        "Nothing that this prelu reads is negative",
        (b.Activation(function="prelu"), b.Activation()),
    ),
    (
        "changes-nothing",
        (b.Branches(body=(b.Dropout(id="x", rate=0.0), b.BatchNorm())),),
        "branches_1/x",
        "hint",
        "rate 0",
        (b.Branches(body=(b.Sequence(), b.BatchNorm())),),
    ),
    (
        "packed-chain",
        (conv(id="y"), b.PoolBatchNorm(id="x", pool="average"), conv(id="z")),
        "x",
        "hint",
        "an average of signs is no sign",
        (conv(id="y"), b.PoolBatchNorm(pool="max", order="batch_norm_first"), conv(id="z")),
    ),
    (
        "packed-chain",
        (conv(id="y", batch_norm=None, pad_values=0), b.PoolBatchNorm(id="x"), conv(id="z")),
        "x",
        "hint",
        "zeros pad its signs",
        (around(conv(id="y", pad_values=0)), around(conv(id="z")).model_copy(update={"id": "t"})),
    ),
]


@pytest.mark.parametrize(("rule", "wrong", "path", "severity", "words", "right"), CASES)
def test_a_rule(
    rule: str, wrong: tuple[b.Block, ...], path: str, severity: str, words: str, right: tuple[b.Block, ...]
) -> None:
    found = findings(network(*wrong), rule)
    assert [(finding.path, finding.severity) for finding in found] == [(path, severity)]
    assert words in found[0].message
    assert not findings(network(*right), rule)


def test_every_rule_that_a_document_can_break_has_a_case() -> None:
    elsewhere = {"first-and-last-layer", "binary-dense", "pool-and-batch-norm"}
    assert {case[0] for case in CASES} | elsewhere == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    ("block", "words", "kinds"),
    [
        (b.PoolBatchNorm(padding="same", batch_norm=None), "The map is 1 x 1, so this max pool", ["flatten"]),
        (b.PoolBatchNorm(pool_size=1, pool="average"), "average pool changes nothing", ["batch_norm", "flatten"]),
        (b.BlurPool(stride=1, kernel_size=5), "multiplies it by 9/64", ["flatten"]),
        (b.GlobalPool(), "The average of one pixel is that pixel", ["flatten"]),
        (b.PoolBatchNorm(pool="global_average"), "The average of one pixel", ["flatten", "batch_norm"]),
    ],
)
def test_pools_of_one_pixel_are_taken_out_and_their_batch_norm_is_kept(
    block: b.Block, words: str, kinds: list[str]
) -> None:
    """Binomial weights of 5 x 5: 6 / 16 on each axis for the middle, and 36 / 256 = 9 / 64."""
    vector = block.kind == "global_pool" or getattr(block, "pool", "") == "global_average"
    body = (block,) if vector else (block, b.Flatten())
    design = Design(input_shape=(4, 4, 3), blocks=(b.Conv(filters=8, strides=4), *body, b.Head()))
    (found,) = findings(design, "changes-nothing")
    assert words in found.message
    assert found.fix is not None
    assert "reads 32 bytes and writes 32" in found.evidence[0].text  # 8 channels of 4 bytes
    fixed = fix_all(design)
    assert [one.kind for one in fixed.design.blocks[1:-1]] == kinds
    assert not findings(fixed.design, "changes-nothing")


def test_a_pool_that_changes_something_in_one_repetition_stays() -> None:
    """The second time there is one pixel left; the first time there are two by two."""
    pool = b.PoolBatchNorm(padding="same", batch_norm=None)
    blocks = (b.Conv(filters=8, strides=2), b.Repeat(times=2, body=(pool,)), b.Flatten(), b.Head())
    assert not findings(Design(input_shape=(4, 4, 3), blocks=blocks), "changes-nothing")


def test_first_and_last_layer_name_the_measured_accuracies() -> None:
    design = Design(
        blocks=(
            conv(id="first", input_quantizer=None),
            b.GlobalPool(),
            b.BinaryDense(id="last", units=10, batch_norm=NORM),
            b.Head(classifier="none"),
        )
    )
    first, last = findings(design, "first-and-last-layer")
    assert (first.path, last.path) == ("first", "last")
    assert "its weights have 1 bit" in first.message
    assert "inputs" not in first.message
    assert "its weights have 1 bit and its inputs have 1 bit" in last.message
    for number in ("83.94", "81.86", "66.49"):
        assert number in first.evidence[0].text
    assert not findings(network(), "first-and-last-layer")


def test_the_order_of_pool_and_batch_norm_names_both_sides_with_their_memory() -> None:
    pool = b.PoolBatchNorm(id="p")
    design = network(conv(batch_norm=None), pool, around(conv(id="y")))
    assert not findings(design, "pool-and-batch-norm")  # the shortcut reads floats, so nothing can be packed
    design = network(conv(batch_norm=None), pool, conv(id="y"))
    (found,) = findings(design, "pool-and-batch-norm")
    assert found.fix is None
    assert "for accuracy" in found.message
    assert "for packed inference" in found.message
    assert "gamma > 0 both are the same function" in found.message
    (choice,) = found.choices
    other = apply_edit(design, choice.edits[0])
    for one in (design, other):
        assert f"{cost(one).deployed.to_data()['arena_bytes']:,} bytes" in found.evidence[0].text
    (mirrored,) = findings(other, "pool-and-batch-norm")
    assert apply_edit(other, mirrored.choices[0].edits[0]) == design


def test_a_shortcut_says_what_it_costs() -> None:
    design = network(conv())
    (found,) = findings(design, "shortcut")
    assert found.fix is not None
    changed = design
    for edit in found.fix.edits:
        changed = apply_edit(changed, edit)
    for one in (design, changed):
        assert f"{cost(one).timeline.live_lower_bound_bytes:,}" in found.evidence[1].text


def test_a_binary_dense_layer_becomes_a_convolution_of_the_same_weights() -> None:
    dense = b.BinaryDense(id="d", units=64, batch_norm=NORM)
    design = Design(input_shape=(4, 4, 3), blocks=(b.Conv(filters=32), b.BatchNorm(), b.Flatten(), dense, b.Head()))
    (found,) = findings(design, "binary-dense")
    features = 4 * 4 * 32
    assert f"{features} * 64 * 4 = {features * 64 * 4:,} bytes" in found.evidence[0].text
    assert f"{features // 32} words * 4 * 64 = {features // 32 * 4 * 64:,}" in found.evidence[0].text
    assert found.fix is not None
    for edit in found.fix.edits:
        design = apply_edit(design, edit)
    block = design.find("d")
    assert isinstance(block, b.BinaryConv)
    assert (block.kernel_size, block.padding, block.filters) == ((4, 4), "valid", 64)
    assert cost(design).larq.params_by_bits[1] == features * 64


def test_a_design_that_does_not_lower_is_one_error() -> None:
    (found,) = advise(Design(name="open", blocks=(conv(),)))
    assert (found.rule, found.severity, found.path) == ("design", "error", "x")
    assert "does not end in a head" in found.message
    assert "Add a head block" in found.message
