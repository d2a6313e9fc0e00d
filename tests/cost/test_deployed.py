"""The convention ``deployed`` against files that LCE 0.16.0 wrote; ``deployed_truth.json`` says where they are from."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bnn_designer.cost import DeployOptions, NotDeployable, cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.deployed_file import overhead_bytes
from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS, preset
from tests.cost.designs import designs

_FILE = json.loads((Path(__file__).parent / "deployed_truth.json").read_text())
TRUTH, KINDS = _FILE["networks"], _FILE["_meta"]["operators"]
#: Its squeeze-and-excite branches run beside a convolution, and LCE interleaves the two; they are small.
INTERLEAVED = {"real-to-binary-net"}
#: LCE's own convolutions in groups are one operator; Larq Zoo's MeliusNet writes its stem's as splits and many of them.
SPLIT_GROUPS = {("larq-zoo", "melius-net-22")}


def deployed(name: str, **options: str) -> DeployedCost:
    found = cost(preset(name), DeployOptions(**options)).deployed
    assert isinstance(found, DeployedCost)
    return found


def of_truth(truth: dict[str, Any], **options: str) -> DeployedCost:
    design = preset(truth["preset"])
    if truth.get("edit") == "pad_values 1":
        design = Design.from_json(design.to_json().replace('"pad_values": 0', '"pad_values": 1'))
        # The first layer binarizes weights only, pads nothing, and stays as it is.
    found = cost(design, DeployOptions(binary_dense=truth["binary_dense"], **options)).deployed
    assert isinstance(found, DeployedCost)
    return found


def label(truth: dict[str, Any]) -> str:
    return f"{truth['source']}-{truth['network']}-{truth['binary_dense']}"


@pytest.mark.parametrize("truth", TRUTH, ids=label)
def test_the_arena_is_lces_to_the_byte(truth: dict[str, Any]) -> None:
    assert of_truth(truth).arena_bytes == truth["arena_bytes"]
    if "arena_bytes_default_kernel" in truth:
        assert of_truth(truth, kernel="default").arena_bytes == truth["arena_bytes_default_kernel"]


@pytest.mark.parametrize("truth", TRUTH, ids=label)
def test_the_file_is_within_one_percent(truth: dict[str, Any]) -> None:
    assert of_truth(truth).file_bytes == pytest.approx(truth["file_bytes"], rel=0.01)


@pytest.mark.parametrize("truth", TRUTH, ids=label)
def test_operators_and_constants_are_lces(truth: dict[str, Any]) -> None:
    if (truth["source"], truth["network"]) in SPLIT_GROUPS:
        pytest.skip("its stem is written as splits and single convolutions; this preset has grouped convolutions")
    found = of_truth(truth)
    kinds, expected = [op.kind for op in found.program.operators], [KINDS[letter] for letter in truth["operators"]]
    assert Counter(kinds) == Counter(expected)
    assert kinds == expected or truth["network"] in INTERLEAVED
    if truth["source"] == "reference" and truth["preset"] in ("bi-real-net", "quicknet"):
        # Its classifier's bias, 1000 floats, is all zeros, and zeros are left out; a trained one is not zero. The
        # zeros that a convolution without a bias must name are as many bytes as its filters, and named once a size.
        assert found.weight_bytes - truth["constant_bytes"] == 1000 * 4
    else:
        assert found.weight_bytes == truth["constant_bytes"]


def test_binarynet_by_hand() -> None:
    found = deployed("binarynet")
    image, first, pooled = 32 * 32 * 3, 30 * 30 * 128, 15 * 15 * 128
    assert found.arena_bytes == 4 * (image + first + pooled) == 588_288
    assert found.live_lower_bound_bytes == found.arena_bytes
    assert found.timeline.peak.name == "pool_bn_1"
    convs = 30 * 30 * 128 * 128 + 15 * 15 * (128 * 256 + 256 * 256) + 7 * 7 * (256 * 512 + 512 * 512)
    assert found.binary_macs == 9 * convs + 4608 * 1024 + 1024 * 1024 + 1024 * 10
    assert found.float_macs == 30 * 30 * 9 * 3 * 128  # binary weights, float inputs: no XNOR
    assert found.ops == found.binary_macs / 64 + found.float_macs


def test_binary_dense_layers_as_floats_and_the_difference() -> None:
    report = cost(preset("binarynet"))
    data = report.to_data()["deployed"]
    dense = 4608 * 1024 + 1024 * 1024 + 1024 * 10
    assert data["binary_dense_as_float"]["file_bytes_more"] == pytest.approx(dense * 32 / 8 - dense / 8, rel=0.01)
    as_float = deployed("binarynet", binary_dense="float")
    assert data["binary_dense_as_float"]["file_bytes"] == as_float.file_bytes
    assert as_float.float_macs - deployed("binarynet").float_macs == dense
    assert "binary_dense_as_float" not in cost(preset("quicknet")).to_data()["deployed"]


@pytest.mark.parametrize(
    ("name", "ops"),
    [
        # As published: Bi-Real Net, Real-to-Binary and ReActNet-A by ReActNet's README, MeliusNet by its paper. Papers
        # differ in what they count of stem and shortcut, hence the tolerance.
        ("bi-real-net", 1.63e8),
        ("reactnet-a", 0.87e8),
        ("melius-net-22", 2.08e8),
    ],
)
def test_ops_are_the_published_ones(name: str, ops: float) -> None:
    assert deployed(name).ops == pytest.approx(ops, rel=0.01)


def test_what_lce_has_no_kernel_for_is_named_and_never_a_number() -> None:
    report = cost(preset("dorefa-net"))
    assert isinstance(report.deployed, NotDeployable)
    assert "inputs of 2 bits" in str(report.deployed)
    data = report.to_data()["deployed"]
    assert data["state"] == "unsupported"
    assert {"path": "binary_conv_1", "layer": "binary_conv_1"}.items() <= data["reasons"][0].items()
    assert "file_bytes" not in data


def test_weights_that_are_not_folded_take_their_place_in_file_and_memory() -> None:
    # XNOR-Net's first dense layer, a 6x6 convolution: 6 * 6 * 256 * 4096 floats are 144 MiB, above TensorFlow's 128.
    latent = 6 * 6 * 256 * 4096 * 4
    found = deployed("xnor-net")
    assert found.file_bytes > latent
    image, unpacked = 224 * 224 * 3 * 4, 6 * 6 * 256 * 4
    assert found.arena_bytes == image + 2 * latent + unpacked  # while the computed kernel is laid out anew


def test_json_has_the_agreed_names() -> None:
    data = cost(preset("quicknet")).to_data()["deployed"]
    assert data["state"] == "supported"
    assert data.keys() >= {
        "file_bytes",
        "weight_bytes",
        "arena_bytes",
        "live_lower_bound_bytes",
        "peak_layer",
        "binary_macs",
        "float_macs",
        "ops",
    }
    json.dumps(data)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_report(name: str) -> None:
    json.dumps(cost(preset(name)).to_data())


@settings(deadline=None, max_examples=60)
@given(designs())
def test_totals_are_sums_and_the_arena_holds_what_is_alive(design: Design) -> None:
    found = cost(design).deployed
    assert isinstance(found, DeployedCost)
    operators = found.program.operators
    assert found.binary_macs + found.float_macs == sum(op.macs for op in operators)
    own = sum(one.size_bytes for op in operators for one in op.constants if not one.shared)
    shared = {one for op in operators for one in op.constants if one.shared}
    assert found.weight_bytes == own + sum(one.size_bytes for one in shared)
    assert sum(found.weight_bytes_by_path().values()) == found.weight_bytes
    assert found.file_bytes == found.weight_bytes + sum(overhead_bytes(found.program).values())
    assert found.arena_bytes >= found.live_lower_bound_bytes
    larq = cost(design).larq
    # Grouped and depthwise ones aside, a binary MAC of Larq's is one of LCE's.
    assert found.binary_macs == larq.macs_by_bits.get(1, 0)


@settings(deadline=None, max_examples=40)
@given(designs())
def test_the_unfolding_kernel_never_takes_less_at_once(design: Design) -> None:
    both = [cost(design, DeployOptions(kernel=kernel)).timeline for kernel in ("indirect", "default")]
    assert both[0].live_lower_bound_bytes <= both[1].live_lower_bound_bytes
