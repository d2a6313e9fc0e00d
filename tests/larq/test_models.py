"""The table of a model: Larq's own to the last digit, what it gets wrong as arithmetic, and the design's counts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from bnn_designer import nn
from bnn_designer.cost import cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.larq import Count
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.graph.passes.deploy import DeployOptions
from bnn_designer.larq import designs, layers, layers_base, models, quantizers
from bnn_designer.larq.tables import memory_text, number_text, table_text
from tests.larq import networks

LARQ = SimpleNamespace(layers=layers, quantizers=nn)
TRUTH = json.loads((Path(__file__).parent / "larq_tables.json").read_text())


@cache
def profile(name: str) -> models.ModelProfile:
    return models.ModelProfile(networks.NETWORKS[name](keras, LARQ))


def layer(network: str, name: str) -> models.LayerProfile:
    return {found.name: found for found in profile(network).layer_profiles}[name]


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_the_tables_are_larqs(name: str) -> None:
    """Every cell, as Larq 0.14 itself filled it: the file says how it was made."""
    (*rows, total), (*expected, expected_total) = profile(name).generate_table(), TRUTH[name]["table"]
    # Keras 2 and 3 may list the layers of parallel paths in another order.
    assert sorted(map(str, rows)) == sorted(map(str, expected))
    assert total == expected_total
    assert profile(name).generate_summary() == TRUTH[name]["summary"]


@pytest.mark.skipif(not os.environ.get("BNN_LARQ_PYTHON"), reason="BNN_LARQ_PYTHON names no Python that has Larq")
def test_larq_itself_still_says_so() -> None:
    command = [os.environ["BNN_LARQ_PYTHON"], networks.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert json.loads(done.stdout) == TRUTH


def test_the_mnist_tutorial_by_arithmetic() -> None:
    """Kernels, and two numbers a channel for each norm; MACs: a kernel's weights times the places of its output."""
    found = profile("mnist")
    kernels = [3 * 3 * 1 * 32, 3 * 3 * 32 * 64, 3 * 3 * 64 * 64, 3 * 3 * 64 * 64, 64 * 10]
    places = [26 * 26, 11 * 11, 3 * 3, 1, 1]
    norms = 2 * (32 + 64 + 64 + 64 + 10)
    assert found.weight_count(1) == sum(kernels) == 93_088
    assert found.weight_count() == sum(kernels) + norms == 93_556
    assert found.memory == sum(kernels) + 32 * norms
    assert memory_text(found.memory) == "13.19 KiB"
    macs = [kernel * count for kernel, count in zip(kernels, places, strict=True)]
    assert found.op_count("mac") == sum(macs) == 2_794_240
    assert found.op_count("mac", 1) == sum(macs[1:])
    assert found.op_count("mac", 1) / found.op_count("mac") == pytest.approx(0.9303, abs=5e-5)
    # Norms train beta: one number a channel that Larq counts as not trained.
    assert found.params_trained == sum(kernels) + norms // 2
    assert [one.figure for one in found.differences()] == ["trainable params"]


#: What runs where it is not what Larq counts: network, layer, MACs by bits.
RUN: list[tuple[str, str, dict[int, int]]] = [
    # A transposed kernel is used for each place of the input: 8 x 8, not 16 x 16.
    ("kinds", "transposed", {32: 3 * 3 * 5 * 3 * 8 * 8}),
    ("series", "transposed", {32: 3 * 2 * 4 * 4}),
    ("series", "depthwise", {32: 3 * 2 * 1}),
    ("volume", "conv", {32: 3**3 * 3 * 3 * 6**3}),
    ("volume", "transposed", {32: 2**3 * 3 * 3 * 6**3}),
    # Behind the first kernel stand sums, which are as wide as floats.
    ("quantized", "separable", {1: 3 * 3 * 4 * 6 * 6, 32: 4 * 6 * 6 * 6}),
    ("quantized", "separable_1d", {1: 3 * 8 * 7, 32: 8 * 5 * 7}),
    ("quantized", "transposed", {1: 3 * 3 * 3 * 6 * 6 * 6}),
    # Twice on 8 x 8; and a kernel is no bias, whatever its layer is called.
    ("shared", "twice", {32: 2 * 3 * 3 * 3 * 3 * 8 * 8}),
    ("shared", "bias_conv", {32: 3 * 2 * 8 * 8}),
    ("shrinking", "twice", {32: 3 * 3 * 3 * 3 * (6 * 6 + 4 * 4)}),
    ("nested", "inner", {32: 2 * 3 * 3 * 3 * 3 * 8 * 8}),
    ("nested", "own", {1: 3 * 3 * 3 * 2 * 6 * 6}),
]


@pytest.mark.parametrize(("network", "name", "macs"), RUN)
def test_macs_that_run(network: str, name: str, macs: dict[int, int]) -> None:
    found = layer(network, name)
    assert found.macs_run == Count({}, macs)
    difference = found.difference()
    assert difference is not None
    assert difference.counted != difference.larq


def test_every_other_layer_runs_what_larq_counts() -> None:
    misleading = {(network, name) for network, name, _ in RUN} | {("open_sizes", "conv")}
    found = {
        (network, one.name) for network in networks.NETWORKS for one in profile(network).layer_profiles
        if one.difference() is not None
    }  # fmt: skip
    assert found == misleading


def test_the_whole_model_counts_each_call_once() -> None:
    """The sum of its rows: 2 x 5,184 of the inner model, 1,944 of the model of a class of its own."""
    assert profile("nested").macs_run == Count({}, {1: 1_944, 32: 10_368})


def test_signs_made_by_a_layer_of_their_own_make_macs_of_one_bit() -> None:
    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            nn.SteSign(name="sign"),
            keras.layers.MaxPooling2D(2, name="pool"),
            nn.QuantConv2D(3, 1, kernel_quantizer="ste_sign", name="conv"),
        ]
    )
    found = models.ModelProfile(model).layer_profiles[-1]
    assert found.op_count("mac", 32) == found.op_count("mac") == 2 * 3 * 2 * 2
    assert found.macs_run == Count({}, {1: 2 * 3 * 2 * 2})


def test_what_cannot_be_known_says_so() -> None:
    assert layer("open_sizes", "conv").macs_run == "its input of ? x ? x 3 leaves a size open"
    steps = keras.Sequential([keras.Input((5, 2)), keras.layers.LSTM(3, name="lstm")])
    (difference,) = models.ModelProfile(steps).differences()
    assert (difference.where, difference.larq, difference.counted) == ("lstm", "none", None)
    assert "in a loop" in difference.why


@pytest.mark.parametrize("name", ["binarynet", "bi-real-cifar"])
def test_a_model_counts_as_its_design(name: str) -> None:
    """One convention, read from a graph and from Keras' weights."""
    report = cost(preset(name))
    found = models.ModelProfile(nn.build_model(lower(preset(name)), engine="float", seed=1))
    layers = {one.name: one for one in found.layer_profiles}
    for expected in report.layers:
        one = layers[expected.name]
        assert {bits: one.weight_count(bits) for bits in one.unique_param_bidtwidths} == expected.count.params_by_bits
        assert {bits: one.op_count("mac", bits) for bits in one.unique_op_precisions} == expected.count.macs_by_bits
    assert found.memory == report.larq.memory_bits
    assert found.macs_run == Count({}, report.larq.macs_by_bits)


def test_summary_prints_four_tables(capsys: pytest.CaptureFixture[str]) -> None:
    model, shown = networks.shared(keras, LARQ), []
    models.summary(model, print_fn=shown.append)
    assert [text.split("-")[0] for text in shown] == [
        "+shared stats",
        "+shared summary",
        "+shared deployed",
        "+shared where these mislead",
    ]
    assert "twice MACs 5,184 of 32 bits 10,368 of 32 bits it runs 2 times" in " ".join(shown[3].split())
    assert "| bias_conv            -  (-1, 8, 8, 2)         8    0.03            0 |" in shown[0]
    models.summary(model, include_macs=False)
    assert "MACs" not in capsys.readouterr().out


def test_deployed_size_and_runtime_memory_stand_beside_larqs() -> None:
    """A float layer: its kernel, its bias, and the two numbers of the shape that a Flatten makes, all of 4 bytes."""
    body = [keras.layers.Flatten(), keras.layers.Dense(3, name="scores")]
    found = models.ModelProfile(keras.Sequential([keras.Input((4, 4, 1)), *body])).deployed
    assert isinstance(found, DeployedCost)
    assert found.weight_bytes == 4 * (16 * 3 + 3 + 2)
    # The model has no softmax, so none is deployed, though a design would add one.
    assert [op.kind for op in found.program.operators] == ["RESHAPE", "FULLY_CONNECTED"]


def test_binary_dense_layers_are_deployed_in_two_ways() -> None:
    header, *rows = profile("mnist").generate_deployed()
    assert [str(cell).split("\n")[-1] for cell in header] == ["", "as 1x1 convolutions", "in float"]
    deployed = profile("mnist").deployed
    in_float = designs.deployed(networks.mnist(keras, LARQ), DeployOptions(binary_dense="float"))
    assert isinstance(deployed, DeployedCost)
    assert isinstance(in_float, DeployedCost)
    assert in_float.weight_bytes > 4 * (576 * 64 + 64 * 10) > deployed.weight_bytes > (576 * 64 + 64 * 10) / 8
    for row, figure in ((0, "file_bytes"), (1, "weight_bytes"), (2, "arena_bytes"), (3, "live_lower_bound_bytes")):
        assert rows[row][1:] == [memory_text(8 * getattr(one, figure)) for one in (deployed, in_float)]


UNKNOWN = [
    ("kinds", "of Conv2DTranspose 'transposed': a design has no transposed convolution"),
    ("widths", "Larq Compute Engine cannot run it: few: LCE has no kernel for inputs of 3 bits"),
    ("shared", "of twice: it runs more than once with one set of weights"),
    ("nested", "of inner: it runs more than once"),
    ("open_sizes", "of model 'open_sizes': its input has the shape (None, None, None, 3)"),
    ("two_inputs", "of model 'two_inputs': it has 2 inputs"),
]


@pytest.mark.parametrize(("name", "why"), UNKNOWN)
def test_where_nothing_is_known_of_it_the_table_says_why(name: str, why: str) -> None:
    ((_, said),) = profile(name).generate_deployed()
    assert " ".join(str(said).split()).startswith(f"unknown, because {why}")


def test_nothing_of_the_model_changes() -> None:
    model = networks.nested(keras, LARQ)
    image = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype(np.float32)
    before = model(image)
    models.ModelProfile(model)
    assert all("call" not in vars(inner) for inner in model._flatten_layers())
    assert np.array_equal(before, model(image))


def test_a_model_that_is_not_built_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model 'bare': it is not built.*keras\.Input"):
        models.summary(keras.Sequential([keras.layers.Dense(2)], name="bare"))


def test_other_operations_are_not_counted() -> None:
    with pytest.raises(ValueError, match="op_type must be 'mac'"):
        layer("shared", "twice").op_count("flop")


NUMBERS = [(0, "0"), (825, "825"), (999_500, "1 M"), (999_499, "999 k"), (1_234, "1.23 k"), (10_359_700, "10.4 M")]
NUMBERS += [(2e15, "2.00E+15"), (0.5, "0.5"), (1_000_000_000_000, "1 T"), (999, "999")]


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_numbers_have_three_digits(number: float, text: str) -> None:
    assert number_text(number) == text


def test_a_title_wider_than_its_table_fits() -> None:
    lines = table_text([["a", "b"], ["c", 1.5]], "a long title").split("\n")
    assert len({len(line) for line in lines}) == 1


SIGNS = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}


class _Block(keras.layers.Layer):  # type: ignore[misc]
    """As people write residual blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = layers.QuantConv2D(8, 3, padding="same", use_bias=False, **SIGNS)

    def build(self, input_shape: Any) -> None:
        self.conv.build(input_shape)

    def call(self, inputs: Any) -> Any:
        return inputs + self.conv(inputs)


class _Own(layers_base.BaseLayer, keras.layers.Conv2D):  # type: ignore[misc]
    """A layer that says by itself what quantizes its kernel."""

    def _get_quantizer(self, name: str) -> Any:
        return quantizers.get("ste_sign") if name == "kernel" else None


@pytest.mark.parametrize(
    "make",
    [
        _Block,
        lambda: keras.layers.TimeDistributed(layers.QuantConv2D(8, 3, use_bias=False, **SIGNS)),
        lambda: _Own(8, 3, use_bias=False),
    ],
    ids=["a block", "a wrapper", "an own layer"],
)
def test_kernels_inside_have_their_bits(make: Callable[[], Any]) -> None:
    layer = make()
    shape = (2, 8, 8, 8) if isinstance(layer, keras.layers.TimeDistributed) else (8, 8, 8)
    inputs = keras.Input(shape)
    (row,) = [
        one for one in models.ModelProfile(keras.Model(inputs, layer(inputs))).layer_profiles if one.weight_count()
    ]
    assert row.memory == 8 * 3 * 3 * 8  # bits
    assert row.unique_param_bidtwidths == [1]


def test_what_is_no_model_is_said() -> None:
    with pytest.raises(TypeError, match=r"lq\.models\.summary: it takes a keras\.Model, got int"):
        models.summary(3)
