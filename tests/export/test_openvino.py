"""OpenVINO's file: what is in it, without OpenVINO; and what OpenVINO makes of it, where it is installed."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, Material, export_to, proof_of
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.openvino.int8 import quantize_steps, requantize_steps
from bnn_designer.export.openvino.ir import IR
from bnn_designer.export.openvino.layers import LAYERS, ir_of
from bnn_designer.export.openvino.target import OPENVINO
from bnn_designer.export.openvino.writing import BELOW_ZERO, just_below
from bnn_designer.export.receiver import Receiver
from bnn_designer.packing.drafts import StepDraft
from bnn_designer.packing.int8 import requantized_sums
from bnn_designer.packing.network import PackedNetwork
from tests.export.networks import Draw, of_all, of_bits, of_chain, of_edges
from tests.export.networks_of_int8 import in_sevenths, of_int8, of_wide_int8

needs_openvino = pytest.mark.skipif(
    OPENVINO.python is None, reason=f"{OPENVINO.variable} names no Python with OpenVINO"
)
NETWORKS = {
    "all": of_all(True),
    "edges": of_edges(),
    "bits": of_bits(1),
    "chain": of_chain(0),
    "ones": of_chain(1),
    "int8": of_int8(0),
    "int8 1": of_int8(1),
}
SIZES = {"f32": 32, "i64": 64, "i32": 32, "i8": 8, "u1": 1}


class Read:
    """A model as its text and constants have it."""

    def __init__(self, network: PackedNetwork) -> None:
        ir = ir_of(nodes_of(network))
        self.constants = bytes(ir.constants)
        self.root = ET.fromstring(ir.text("network"))
        self.layers = {int(layer.attrib["id"]): layer for layer in self.root.iter("layer")}
        self.sources = {
            (int(edge.attrib["to-layer"]), int(edge.attrib["to-port"])): int(edge.attrib["from-layer"])
            for edge in self.root.iter("edge")
        }

    def of_kind(self, kind: str) -> list[int]:
        return [number for number, layer in self.layers.items() if layer.attrib["type"] == kind]

    def input(self, number: int, port: int) -> Any:
        """The numbers of the constant that a layer reads."""
        data = self.layers[self.sources[number, port]].find("data")
        assert data is not None
        offset, size = int(data.attrib["offset"]), int(data.attrib["size"])
        shape = [int(one) for one in data.attrib["shape"].split(",") if one]
        taken = self.constants[offset : offset + size]
        if data.attrib["element_type"] == "u1":
            return np.unpackbits(np.frombuffer(taken, np.uint8), bitorder="little")[: math.prod(shape)].reshape(shape)
        return np.frombuffer(
            taken, {"f32": "<f4", "i64": "<i8", "i32": "<i4", "i8": "i1"}[data.attrib["element_type"]]
        ).reshape(shape)


def ports(layer: ET.Element, side: str) -> list[tuple[str, list[str | None], str]]:
    found = layer.findall(f"{side}/port")
    return [(port.attrib["id"], [dim.text for dim in port], port.attrib["precision"]) for port in found]


@pytest.mark.parametrize("name", NETWORKS)
def test_edges_join_ports_of_one_shape_and_constants_lie_in_the_bin(name: str) -> None:
    model = Read(NETWORKS[name])
    assert list(model.layers) == list(range(len(model.layers)))
    names = [layer.attrib["name"] for layer in model.layers.values()]
    assert len(set(names)) == len(names)
    for edge in model.root.iter("edge"):
        start, end = int(edge.attrib["from-layer"]), int(edge.attrib["to-layer"])
        assert start < end
        given = {port: kind for port, *kind in ports(model.layers[start], "output")}
        taken = {port: kind for port, *kind in ports(model.layers[end], "input")}
        assert given[edge.attrib["from-port"]] == taken[edge.attrib["to-port"]]
    for number, layer in model.layers.items():
        assert all((number, int(port)) in model.sources for port, *_ in ports(layer, "input"))
    end = 0
    for number in model.of_kind("Const"):
        data = model.layers[number].find("data")
        assert data is not None
        count = math.prod(int(one) for one in data.attrib["shape"].split(",") if one)
        assert int(data.attrib["size"]) == -(-count * SIZES[data.attrib["element_type"]] // 8)
        assert int(data.attrib["offset"]) % 64 == 0
        assert int(data.attrib["offset"]) >= end  # none over another
        end = int(data.attrib["offset"]) + int(data.attrib["size"])
    assert end <= len(model.constants)


def test_no_sum_meets_its_threshold_and_zero_is_positive() -> None:
    model = Read(of_chain(0))
    found = [model.input(number, 1).ravel() for number in model.of_kind("FakeQuantize")]
    assert [len(one) for one in found] == [24, 40, 40, 40, 96]  # one a channel
    stem, pool, first, flat, dense = found
    for of_floats in (stem, first, flat):
        assert (of_floats == -(2.0**-126)).all()  # the largest below 0 that is not subnormal
    for of_sums in (pool, dense):
        assert (np.abs(of_sums) % 1 == 0.5).all()
    assert BELOW_ZERO == -(2.0**-126)


def test_filters_are_bits_of_their_signs() -> None:
    model, nodes = Read(of_chain(1)), nodes_of(of_chain(1))
    wanted = [node.arrays["filters"] for node in nodes.nodes if node.kind == "binary_conv"]
    found = [model.input(number, 1) for number in model.of_kind("BinaryConvolution")]
    assert len(found) == len(wanted) == 5
    for bits, filters in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(2.0 * bits - 1, filters)
    ir = IR()
    ir.bits(np.array([[True, False, False], [True, True, False]]))
    assert ir.constants[0] == 0b011001  # the first lowest, the second row right behind the first


def test_turned_bits_are_one_below_the_threshold() -> None:
    model, nodes = Read(of_chain(0)), nodes_of(of_chain(0))
    turned = nodes.by_name["first.signs"].arrays["turned"].ravel()
    assert 0 < turned.sum() < 40
    (number,) = (one for one in model.of_kind("FakeQuantize") if model.layers[one].attrib["name"] == "first.signs")
    assert model.input(number, 3).ravel().tolist() == turned.tolist()  # at or below
    assert model.input(number, 4).ravel().tolist() == (~turned).tolist()


def test_products_that_the_plugin_would_get_wrong_are_of_floats() -> None:
    """Of 37 channels; of groups; of windows beside the image."""
    network = of_bits(1)
    kinds = [node.kind for node in nodes_of(network).nodes]
    model = Read(network)
    assert kinds.count("binary_conv") == 4
    assert len(model.of_kind("BinaryConvolution")) == 2
    assert len(model.of_kind("Convolution")) == len(model.of_kind("GroupConvolution")) == 1
    assert not Read(of_edges()).of_kind("BinaryConvolution")


def test_the_networks_have_all_layers() -> None:
    kinds = {node.kind for network in NETWORKS.values() for node in nodes_of(network).nodes}
    assert kinds | {"reorder"} == {*LAYERS, "signs"}


def test_the_same_network_gives_the_same_files_and_its_notes() -> None:
    material = Material.of_packed(of_bits(1), "a run")
    first, second = (export_to(TARGETS["openvino"], material).written for _ in range(2))
    assert first == second
    assert list(first.files) == ["network.xml", "network.bin", "README.md"]
    assert first.notes == (
        "2 of 4 layers that multiply signs with signs are BinaryConvolutions.",
        "As float convolutions of signs, with the same sums: block/grouped, block/last.",
    )
    assert "Its weights are from a run." in first.files["README.md"].decode()


def test_layers_of_8_bits_are_noted_and_so_are_sums_that_floats_may_not_hold() -> None:
    (_, whole) = export_to(TARGETS["openvino"], Material.of_packed(of_int8(0), "")).written.notes
    assert whole == "4 layers of 8 bits: whole numbers, multiplied as floats, which hold every sum."
    (_, _, wide) = export_to(TARGETS["openvino"], Material.of_packed(of_wide_int8(0), "")).written.notes
    assert wide.startswith("But for sums beyond 2^24")
    assert wide.endswith("might reach: block/to_signs, block/grouped.")


def test_a_tool_that_is_not_there_or_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    material = Material.of_packed(of_chain(0), "")
    exported = export_to(TARGETS["openvino"], material)
    images = Draw(9).images(material.packed, 1)
    monkeypatch.setenv(OPENVINO.variable, "/no/such/python")
    with pytest.raises(BnnDesignerError, match="OpenVINO: /no/such/python cannot be run"):
        proof_of(exported, material, images)
    monkeypatch.setenv(OPENVINO.variable, "false")
    with pytest.raises(BnnDesignerError, match="OpenVINO: it ends with status 1: no word"):
        proof_of(exported, material, images)
    missing = Receiver("Nobody", ("no_such_module",), "BNN_NO_SUCH_PYTHON", "nobody==1", "none.py")
    with pytest.raises(BnnDesignerError, match=r"Nobody: it is not installed here.*set BNN_NO_SUCH_PYTHON="):
        missing.run({}, "model", images)


@pytest.mark.parametrize("scale", [1 / 127, 0.5, 0.0313, 3.3e-7, 51.7])
def test_the_steps_of_8_bits_are_where_the_engine_rounds(scale: float) -> None:
    """The float before each step is still below it, divided and rounded in float32, halves to the even number."""
    of_scale, wanted = np.float32(scale), np.arange(-126, 128)
    steps = quantize_steps(of_scale)[0]
    np.testing.assert_array_equal(np.rint(steps / of_scale), wanted)
    np.testing.assert_array_equal(np.rint(np.nextafter(steps, np.float32(-np.inf)) / of_scale), wanted - 1)


@pytest.mark.parametrize("seed", range(2))
def test_the_steps_of_sums_are_where_they_are_requantized(seed: int) -> None:
    nodes = [node for node in nodes_of(of_int8(seed)).nodes if node.kind == "requantize"]
    assert len(nodes) == 3
    for node in nodes:
        steps, wanted = requantize_steps(node).astype(np.int64), np.arange(-127, 128)
        assert (np.abs(steps) < 2**24).all()
        numbers = np.stack([node.arrays[part].ravel() for part in ("bias", "multiplier", "shift")])
        step = StepDraft("requantize", numbers=(numbers,), low=node.numbers["zero_point"])
        np.testing.assert_array_equal(requantized_sums(steps.T, step), np.tile(wanted[:, None], len(steps)))
        np.testing.assert_array_equal(requantized_sums(steps.T - 1, step), np.tile(wanted[:, None] - 1, len(steps)))


def test_filters_of_8_bits_are_kept_as_bytes() -> None:
    model = Read(of_int8(0))
    kept = [number for number in model.of_kind("Convert") if model.layers[number].attrib["name"].endswith(".filters")]
    wanted = [node.arrays["filters"] for node in nodes_of(of_int8(0)).nodes if node.kind == "int8_conv"]
    assert len(kept) == len(wanted) == 4
    for number, filters in zip(kept, wanted, strict=True):
        np.testing.assert_array_equal(model.input(number, 0).ravel(), filters.ravel())


def test_no_whole_sum_meets_a_threshold_of_any_size() -> None:
    """Halves are floats up to 2^23 alone, and up to 2^24 the float before a whole number is the one before it."""
    at_least = np.array([-3, 0, 2**23 - 1, 2**23 + 1, -(2**23) - 1], np.float32)
    assert just_below(at_least).tolist() == [-3.5, -0.5, 2**23 - 1.5, 2**23, -(2**23) - 2]


@needs_openvino
@pytest.mark.parametrize("seed", range(2))
def test_openvino_makes_the_engines_8_bits_of_numbers_between_two(seed: int) -> None:
    """Floats about halves of the scale: the plugin, which divides by reciprocals, would round some otherwise."""
    network, random = in_sevenths(of_int8(seed)), np.random.default_rng(seed)
    scale = np.float32(network.header.groups[0].steps[0].high or 0)
    halves = (random.integers(-128, 128, (20, *network.header.input_shape)) + 0.5) * float(scale)
    images = halves.astype(np.float32)
    for _ in range(2):
        images = np.nextafter(images, np.where(random.random(images.shape) < 0.5, -np.inf, np.inf).astype(np.float32))
    assert (np.rint(images / scale) != np.rint(images * (1 / scale))).any()
    material = Material.of_packed(network, "")
    proof = proof_of(export_to(TARGETS["openvino"], material), material, images)
    assert (proof.same_class, proof.largest_difference) == (20, 0)
    assert "convolutions in f32" in proof.run_by


@needs_openvino
@pytest.mark.parametrize("name", ["all", "bits", "chain", "int8", "int8 1"])
def test_openvino_gives_the_engines_scores(name: str) -> None:
    """To the bit: sums are of small halves. Behind the exponentials of "all" a score may differ in its last digit."""
    material = Material.of_packed(NETWORKS[name], "")
    exported = export_to(TARGETS["openvino"], material)
    proof = proof_of(exported, material, Draw(9).images(material.packed, 6))
    assert proof.same_class == proof.images == 6
    assert proof.largest_difference <= 1e-6 * (name == "all")
    binary = len(Read(NETWORKS[name]).of_kind("BinaryConvolution"))
    assert f"({binary} BinaryConvolution" in proof.run_by
    assert f"{binary} on bits, 0 reorders" in proof.run_by
