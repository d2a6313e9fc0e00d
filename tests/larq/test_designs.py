"""Code and designs: a preset's model opens as the preset's layers; a design's program builds the same network."""

from __future__ import annotations

import ast
import os
import subprocess
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer.cost import cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.quantization import KernelConstraint, Quantizer
from bnn_designer.graph import lower
from bnn_designer.larq import designs, layers, models
from bnn_designer.nn import SteSign, SwishSign, build_model
from tests.graph.test_lifting import same_layers
from tests.larq import networks
from tests.larq.test_models import LARQ

#: Every kind of layer that a program can write, with arguments that are not the defaults.
EVERYTHING = Design(
    name='every "kind" \\ of block',
    input_shape=(12, 12, 4),
    classes=3,
    blocks=(
        b.Conv(filters=8, strides=(2, 1), use_bias=True, activation="unit_clip", groups=2),
        b.BinaryConv(
            filters=8,
            kernel_size=(3, 1),
            dilation=(2, 1),
            input_quantizer=Quantizer(name="ste_sign", clip_value=1.3),
            kernel_quantizer=Quantizer(name="magnitude_aware_sign"),
            kernel_constraint=KernelConstraint(clip_value=1.25),
            activation="rprelu",
        ),
        b.BinaryConv(filters=8, input_quantizer=Quantizer(name="dorefa", k_bit=3), kernel_quantizer="dorefa"),
        b.Shortcut(body=(b.BinaryConv(filters=16, strides=(2, 2)),), on_shape_change="average_pool_pointwise"),
        b.Shortcut(body=(b.BinaryConv(filters=8),), merge="add_to_last_channels"),
        b.Branches(body=(b.BinaryDepthwiseConv(), b.Sequence(body=(b.BatchNorm(), b.ChannelShift())))),
        b.ChannelScaling(body=(b.BinaryConv(filters=16, kernel_quantizer="xnor_weight_scale"),), reduction=4),
        b.BlurPool(),
        b.PoolBatchNorm(pool="average", pool_size=(2, 2), strides=(1, 1), padding="same"),
        b.Flatten(),
        b.Dropout(rate=0.25),
        b.BinaryDense(units=6, input_quantizer="approx_sign", activation="hard_tanh"),
        b.Dense(units=5, activation="sigmoid"),
        b.Head(),
    ),
)


def built(design: Design) -> keras.Model:
    """The model of the design's program."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(designs.program(design), "program", "exec"), names)
    model = names["build"]()
    assert isinstance(model, keras.Model)
    return model


def same_weights(model: keras.Model, other: keras.Model) -> None:
    """Gives the layers of a model the weights of those that another has under the same names."""
    for layer in model.layers:
        layer.set_weights(other.get_layer(layer.name).get_weights() if layer.weights else [])


@pytest.mark.parametrize("design", [EVERYTHING, preset("bi-real-cifar")], ids=["everything", "bi-real-cifar"])
def test_a_program_builds_the_designs_network(design: Design) -> None:
    graph = lower(design)
    own, programmed = build_model(graph, engine="float", seed=1), built(design)
    assert {layer.name for layer in programmed.layers} == {layer.name for layer in own.layers} - {"input"} | {
        programmed.layers[0].name
    }
    profiles = [models.ModelProfile(model) for model in (own, programmed)]
    assert profiles[0].generate_summary() == profiles[1].generate_summary()
    same_weights(programmed, own)
    image = np.random.default_rng(1).normal(size=(2, *design.input_shape)).astype(np.float32)
    np.testing.assert_allclose(programmed(image), own(image), rtol=1e-5, atol=1e-6)


def test_a_program_opens_as_its_design() -> None:
    opened = designs.design_of(built(EVERYTHING))
    assert same_layers(lower(opened.design), lower(EVERYTHING))
    assert not opened.notes


@pytest.mark.parametrize("name", PRESETS)
def test_every_presets_program_is_python_in_short_lines(name: str) -> None:
    text = designs.program(preset(name))
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= 120


def test_a_program_reads_as_a_person_writes_it() -> None:
    lines = designs.program(preset("binarynet")).splitlines()
    assert lines[0] == '"""binarynet, as BNN Designer wrote it; build() gives the Keras model."""'
    assert lines[lines.index("BINARY = {") + 1] == '    "input_quantizer": "ste_sign",'
    assert '    x = lq.layers.QuantDense(1024, use_bias=False, **BINARY, name="binary_dense_1")(x)' in lines


def test_quantizers_that_most_layers_share_are_imported() -> None:
    """They stand in BINARY, above the function; every name that the program uses is imported by it."""
    binary = {"input_quantizer": Quantizer(name="ste_sign", clip_value=1.3), "kernel_quantizer": "ste_sign"}
    blocks = (*(b.BinaryConv(id=f"conv_{i}", filters=4, **binary) for i in (1, 2)), b.GlobalPool(), b.Head())
    design = Design(name="net", input_shape=(6, 6, 3), classes=2, blocks=blocks)
    assert built(design).get_layer("conv_2").input_quantizer.clip_value == 1.3


#: What Larq has no layer or quantizer for: a block, and how that is said.
NOT_LARQS = [
    (b.BlurPool(), "a blur with a fixed kernel"),
    (b.ChannelShift(), "a shift for each channel"),
    (b.ChannelScaling(body=(b.BinaryConv(filters=4),), reduction=2), "a product with a gate for each channel"),
    (b.BinaryConv(filters=4, kernel_quantizer="xnor_weight_scale"), "the quantizer xnor_weight_scale"),
    (b.BinaryConv(filters=4, input_quantizer="int8"), "the quantizer int8"),
]


def test_a_program_for_larq_names_all_that_larq_has_not() -> None:
    design = Design(
        name="net", input_shape=(9, 9, 4), classes=2, blocks=(*(one for one, _ in NOT_LARQS), b.GlobalPool(), b.Head())
    )
    with pytest.raises(designs.NotInLarq) as caught:
        designs.program(design, for_larq=True)
    assert [problem.rule for problem in caught.value.problems] == [
        f"Larq does not have {what}" for _, what in NOT_LARQS
    ]


#: Kinds and arguments that Larq has too, and presets.
LARQ_TOO = Design(
    name="larq's too",
    input_shape=(12, 12, 4),
    classes=3,
    blocks=(
        b.Conv(filters=8, strides=(2, 1), use_bias=True, activation="unit_clip"),
        b.BinaryConv(
            filters=8,
            kernel_size=(3, 1),
            dilation=(2, 1),
            input_quantizer=Quantizer(name="ste_sign", clip_value=1.3),
            kernel_quantizer="magnitude_aware_sign",
            kernel_constraint=KernelConstraint(clip_value=1.25),
            activation="prelu",
        ),
        b.BinaryConv(filters=8, input_quantizer=Quantizer(name="dorefa", k_bit=3), kernel_quantizer="dorefa"),
        b.BinaryConv(filters=8, kernel_quantizer="ste_tern", input_quantizer="swish_sign"),
        b.Shortcut(body=(b.BinaryConv(filters=16, strides=(2, 2)),), on_shape_change="average_pool_pointwise"),
        b.Branches(body=(b.BinaryDepthwiseConv(), b.Sequence(body=(b.BatchNorm(),)))),
        b.PoolBatchNorm(pool="average", pool_size=(2, 2), strides=(1, 1), padding="same"),
        b.Flatten(),
        b.BinaryDense(units=6, input_quantizer="approx_sign", activation="hard_tanh"),
        b.Head(),
    ),
)
FOR_LARQ = {
    "larq's too": LARQ_TOO,
    "binarynet": preset("binarynet"),
    "bi-real-cifar": preset("bi-real-cifar"),
}


@pytest.mark.parametrize("name", FOR_LARQ)
def test_a_program_for_larq_imports_nothing_of_ours(name: str) -> None:
    text = designs.program(FOR_LARQ[name], for_larq=True)
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imported] == ["import larq as lq", "from tensorflow import keras"]


@pytest.mark.skipif(not os.environ.get("BNN_LARQ_PYTHON"), reason="BNN_LARQ_PYTHON names no Python that has Larq")
@pytest.mark.parametrize("name", FOR_LARQ)
def test_larq_builds_the_network_of_a_program_for_it(name: str) -> None:
    """Run by Larq, it prints Larq's summary: the same totals as ours of the same design."""
    text = designs.program(FOR_LARQ[name], for_larq=True)
    done = subprocess.run([os.environ["BNN_LARQ_PYTHON"], "-c", text], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    printed = {tuple(line.strip("| ").split("  ")[::-1][:1]) for line in done.stdout.splitlines()}
    profile = models.ModelProfile(built(FOR_LARQ[name]))
    for _, figure in profile.generate_summary():
        text = f"{figure:.2f}" if isinstance(figure, float) else str(figure)
        assert any(one and one[0].strip() == text for one in printed), (figure, done.stdout)


def test_a_larq_program_opens_as_a_design() -> None:
    """The tutorial's network: its counts are the same by either way."""
    model = networks.mnist(keras, LARQ)
    opened = designs.design_of(model)
    kinds = [block.kind for block in opened.design.blocks]
    assert kinds == [
        *["binary_conv", "pool_bn"] * 2,
        *["binary_conv", "flatten", "binary_dense", "binary_dense", "head"],
    ]
    assert [block.id for block in opened.design.blocks][:3] == ["conv_0", "pool_0", "conv_1"]
    report = cost(opened.design)
    profile = models.ModelProfile(model)
    assert (report.larq.memory_bits, report.larq.macs) == (profile.memory, profile.op_count("mac"))


def test_models_inside_and_separate_signs_open() -> None:
    """A sum written with +, signs made by a layer of their own, scores without a softmax, a regularizer."""
    inner = keras.Sequential([keras.Input((6, 6, 4)), SteSign(), layers.QuantConv2D(4, 1, name="conv")], name="inner")
    image = keras.Input((6, 6, 4))
    x = image + inner(image)
    x = keras.layers.Dense(3, activation="relu", kernel_regularizer="l2", name="scores")(
        keras.layers.Flatten(name="flat")(x)
    )
    opened = designs.design_of(keras.Model(image, x, name="net"))
    shortcut = opened.design.blocks[0]
    assert (shortcut.kind, shortcut.body[0].kind, shortcut.body[0].id) == ("shortcut", "binary_conv", "inner_conv")
    assert shortcut.body[0].input_quantizer == Quantizer()
    assert [block.kind for block in opened.design.blocks[1:]] == ["flatten", "dense", "head"]
    assert opened.notes == (
        "scores: a design leaves kernel_regularizer out",
        "net: it ends in scores; the design adds the softmax that a head has",
    )


def test_layers_without_weights_may_run_twice() -> None:
    image, relu = keras.Input((6, 6, 4)), keras.layers.ReLU(name="relu")
    x = relu(keras.layers.Conv2D(3, 1, name="second")(relu(keras.layers.Conv2D(3, 3, name="first")(image))))
    opened = designs.design_of(keras.Model(image, keras.layers.GlobalAveragePooling2D()(x)))
    assert [(block.id, block.activation) for block in opened.design.blocks[:2]] == [
        ("first", "relu"),
        ("second", "relu"),
    ]


def test_each_output_of_a_model_inside_is_its_own() -> None:
    """Of two outputs the second is read: that layer is in the design, and the other is said to be left out."""
    image = keras.Input((6, 6, 4))
    outputs = [keras.layers.Conv2D(filters, 1, name=f"to_{filters}")(image) for filters in (3, 5)]
    inner = keras.Model(image, outputs, name="inner")
    source = keras.Input((6, 6, 4))
    scores = keras.layers.GlobalAveragePooling2D(name="pool")(inner(source)[1])
    opened = designs.design_of(keras.Model(source, keras.layers.Softmax()(scores), name="net"))
    assert opened.design.blocks[0].filters == 5
    assert opened.notes == ("inner/to_3: nothing reads it, so the design leaves it out",)


def test_a_constant_is_not_added_in_silence() -> None:
    image = keras.Input((6, 6, 4))
    with pytest.raises(designs.NotADesign, match="it adds a constant"):
        designs.design_of(keras.Model(image, keras.layers.Flatten()(image + 1.0)))


def test_all_that_does_not_map_is_said_at_once() -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.ZeroPadding2D(name="border"),
            layers.QuantConv2D(4, 3, input_quantizer=SwishSign(beta=4.0), name="swish"),
            layers.QuantConv2D(4, 3, kernel_constraint="unit_norm", name="unit"),
            keras.layers.PReLU(name="slopes"),
            keras.layers.Dense(2, activation="gelu", name="pixels"),
        ],
        name="other",
    )
    with pytest.raises(designs.NotADesign) as caught:
        designs.design_of(model)
    expected = [
        ("ZeroPadding2D 'border'", "a design has no such layer"),
        ("swish, SwishSign of the input", "a design has it, but not with beta=4.0"),
        ("unit, UnitNorm", "a design has no such constraint"),
        ("PReLU 'slopes'", "a design has a slope a channel"),
        ("Dense 'pixels'", "a design's dense layers read vectors"),
    ]
    assert [(problem.path, problem.rule) for problem in caught.value.problems] == expected
    assert str(caught.value).count("\n- ") == len(expected)


def relu(x: Any) -> Any:
    """A function of somebody's own that is called as another one."""
    return x


#: Layers whose arguments would change what they compute, if they were left out in silence.
NOT_AS_A_DESIGN = [
    ([layers.QuantConv2D(2, 3, padding="same", pad_values=0.5)], "a design pads with 0 or 1, not 0.5"),
    ([layers.QuantConv2D(2, 3, padding="same", pad_values=-1)], "a design pads with 0 or 1, not -1"),
    ([keras.layers.Flatten(data_format="channels_first")], "a design has its channels last"),
    ([keras.layers.Dropout(0.5, noise_shape=(None, 1, 1, 4))], "a design drops elements one by one"),
    ([keras.layers.Conv2D(2, 1, activation=relu)], "'relu' is a function that a design does not know"),
    ([SteSign(name="one"), SwishSign(), layers.QuantConv2D(2, 1)], "it quantizes what one, another quantizer, makes"),
]


@pytest.mark.parametrize(("body", "rule"), NOT_AS_A_DESIGN, ids=[rule for _, rule in NOT_AS_A_DESIGN])
def test_nothing_that_a_layer_computes_is_left_out_in_silence(body: list[Any], rule: str) -> None:
    model = keras.Sequential([keras.Input((6, 6, 4)), *body, keras.layers.Flatten(), keras.layers.Softmax()])
    with pytest.raises(designs.NotADesign) as caught:
        designs.design_of(model)
    assert [problem.rule for problem in caught.value.problems] == [rule]


def test_what_concerns_training_is_noted() -> None:
    frozen = keras.layers.Conv2D(2, 1, name="frozen", trainable=False)
    half = keras.layers.Conv2D(2, 1, name="half", activation=tf.nn.relu, dtype="mixed_float16")
    model = keras.Sequential([keras.Input((6, 6, 4)), frozen, half, keras.layers.Flatten(), keras.layers.Softmax()])
    assert designs.design_of(model).notes == (
        "frozen: it is not trained, and in a design it is",
        "half: a design computes in float32, not in mixed_float16",
    )


#: Layers that no design has, on an image or on a series: why, and what to do.
NOT_IN_DESIGNS = [
    (layers.QuantConv2DTranspose, 2, "a design has no transposed convolution", "keep this one in code"),
    (keras.layers.Conv2DTranspose, 2, "a design has no transposed convolution", "keep this one in code"),
    (
        layers.QuantSeparableConv2D,
        2,
        "a design has no separable convolution, which is two products in one layer",
        "QuantDepthwiseConv2D, without a bias, and QuantConv2D of 1x1, without an input_quantizer",
    ),
    (layers.QuantConv1D, 1, "this layer works along one", "use QuantConv2D with a kernel of (1, k)"),
    (layers.QuantSeparableConv1D, 1, "its images have two axes", "use QuantDepthwiseConv2D with a kernel of (1, k)"),
    (keras.layers.Conv1DTranspose, 1, "a design has no transposed convolution", "keep this one in code"),
    (layers.QuantConv3D, 3, "this layer works along three", "Put one axis into the channels"),
    (layers.QuantConv3DTranspose, 3, "a design has no transposed convolution", "keep this one in code"),
]


@pytest.mark.parametrize(("kind", "axes", "rule", "mend"), NOT_IN_DESIGNS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_kind_that_no_design_has_says_what_to_do(kind: Any, axes: int, rule: str, mend: str) -> None:
    body = [kind(3, 2, name="odd"), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    with pytest.raises(designs.NotADesign) as caught:
        designs.design_of(keras.Sequential([keras.Input((*[6] * axes, 2)), *body], name="net"))
    problem = caught.value.problems[-1]
    assert problem.path == f"{kind.__name__} 'odd'"
    assert rule in problem.rule
    assert mend in problem.mend


def test_a_series_is_told_to_be_an_image() -> None:
    model = keras.Sequential([keras.Input((16, 3)), layers.QuantConv1D(2, 3), keras.layers.Softmax()], name="net")
    with pytest.raises(designs.NotADesign, match=r"images of height 1: keras\.Input\(\(1, 16, 3\)\)"):
        designs.design_of(model)


def test_a_separable_convolution_is_the_two_layers_it_is_told_to_be() -> None:
    """What the error says holds: the same outputs from the two layers, which a design has."""
    binary = {"depthwise_quantizer": "ste_sign", "depthwise_constraint": "weight_clip", "input_quantizer": "ste_sign"}
    pointwise = {"kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}
    one = layers.QuantSeparableConv2D(
        5, 3, **binary, pointwise_quantizer="ste_sign", pointwise_constraint="weight_clip"
    )
    two = [layers.QuantDepthwiseConv2D(3, use_bias=False, **binary), layers.QuantConv2D(5, 1, **pointwise)]
    image = np.random.default_rng(0).normal(size=(2, 6, 6, 4)).astype(np.float32)
    model = keras.Sequential([keras.Input((6, 6, 4)), *two])
    expected = one(image)
    model.set_weights(one.get_weights())
    np.testing.assert_allclose(model(image), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["kinds", "series", "shared", "nested", "open_sizes", "two_inputs"])
def test_other_models_are_refused_with_reasons(name: str) -> None:
    with pytest.raises(designs.NotADesign, match=f"^{name}: no design has these layers.\n- "):
        designs.design_of(networks.NETWORKS[name](keras, LARQ))


def test_what_is_deployed_is_the_designs() -> None:
    found = designs.deployed(build_model(lower(preset("bi-real-cifar")), engine="float", seed=1))
    expected = cost(preset("bi-real-cifar")).deployed
    assert isinstance(found, DeployedCost)
    assert isinstance(expected, DeployedCost)
    assert (found.file_bytes, found.arena_bytes) == (expected.file_bytes, expected.arena_bytes)
    assert isinstance(designs.deployed(networks.series(keras, LARQ)), designs.NotADesign)


def test_what_a_model_was_opened_as_writes_itself_as_a_program() -> None:
    opened = designs.design_of(build_model(lower(preset("binarynet"))))
    assert designs.program(opened) == designs.program(opened.design)
    with pytest.raises(TypeError, match=r"lq\.designs\.deployed: it takes a keras\.Model, got Design"):
        designs.deployed(opened.design)
