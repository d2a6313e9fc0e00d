"""ONNX's files: what is in them, without ONNX; what ONNX Runtime and qonnx make of them, where they are installed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bnn_designer.export import TARGETS, Material, export_to, proof_of
from bnn_designer.export.nodes.node import Node, Nodes, Window
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.onnx.layers import LAYERS, onnx_model
from bnn_designer.export.onnx.protobuf import Graph, _varint
from bnn_designer.export.onnx.target import ONNX_RUNTIME, QONNX
from bnn_designer.export.onnx.vectors import vectors_of
from bnn_designer.export.onnx.writing import QONNX_DOMAIN
from bnn_designer.packing.network import PackedNetwork
from tests.export.networks import Draw, of_all, of_bits, of_chain, of_edges
from tests.export.networks_of_int8 import of_int8, of_wide_int8
from tests.export.reference import scores

NETWORKS = {
    "all": of_all(True),
    "edges": of_edges(),
    "bits": of_bits(1),
    "chain": of_chain(0),
    "int8": of_int8(1),
    "wide int8": of_wide_int8(0),
}
BIAS = np.array([0.5, -1], np.float32)
TENSORS = {1: "<f4", 3: "i1", 7: "<i8"}


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message in protobuf's wire format: numbers and bytes."""
    at = 0

    def number() -> int:
        nonlocal at
        found = shift = 0
        while True:
            byte = message[at]
            at += 1
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found

    while at < len(message):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        elif key & 7 == 5:
            at += 4
            yield key >> 3, struct.unpack("<f", message[at - 4 : at])[0]
        else:
            size = number()
            at += size
            yield key >> 3, message[at - size : at]


def all_of(message: bytes, number: int) -> list[Any]:
    return [value for one, value in fields(message) if one == number]


class Read:
    """A model as its bytes have it."""

    def __init__(self, model: bytes) -> None:
        self.model = model
        (graph,) = all_of(model, 7)
        self.nodes = [self._node(node) for node in all_of(graph, 1)]
        self.constants = dict(map(self._tensor, all_of(graph, 5)))
        self.given, self.result = (self._info(all_of(graph, number)[0]) for number in (11, 12))

    @staticmethod
    def _node(node: bytes) -> tuple[str, list[str], str, str]:
        kind, output, domain = (b"".join(all_of(node, number)).decode() for number in (4, 2, 7))
        return kind, [name.decode() for name in all_of(node, 1)], output, domain

    @staticmethod
    def _tensor(tensor: bytes) -> tuple[str, Any]:
        (name,), (kind,), (data,) = (all_of(tensor, number) for number in (8, 2, 9))
        return name.decode(), np.frombuffer(data, TENSORS[kind]).reshape(all_of(tensor, 1))

    @staticmethod
    def _info(info: bytes) -> tuple[str, list[Any]]:
        (name,), (kind,) = all_of(info, 1), all_of(info, 2)
        (tensor,) = all_of(kind, 1)
        (shape,) = all_of(tensor, 2)
        assert all_of(tensor, 1) == [1]
        return name.decode(), [next(value for _, value in fields(size)) for size in all_of(shape, 1)]

    def of_kind(self, kind: str) -> list[tuple[str, list[str], str, str]]:
        return [node for node in self.nodes if node[0] == kind]


def test_numbers_in_the_wire_format() -> None:
    """As protobuf's own document has them: 150 is 22 and then 1, each in 7 bits; negative ones take ten bytes."""
    assert _varint(150) == bytes([0b10010110, 0b00000001])
    assert _varint(-1) == b"\xff" * 9 + b"\x01"
    graph = Graph()
    graph.node("Some", ("a", ""), "b", "own", {"f": 0.5, "i": -3, "s": "word", "many": (1, 300)})
    found = {b"".join(all_of(one, 1)): list(fields(one))[1:] for one in all_of(graph.nodes[0], 5)}
    assert found == {
        b"f": [(2, 0.5), (20, 1)],
        b"i": [(3, 2**64 - 3), (20, 2)],
        b"s": [(4, b"word"), (20, 3)],
        b"many": [(8, 1), (8, 300), (20, 7)],
    }


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("qonnx", [False, True])
def test_every_input_is_made_before_it_is_read(name: str, qonnx: bool) -> None:
    nodes = nodes_of(NETWORKS[name])
    model = Read(onnx_model(nodes, qonnx))
    made = {"image", "", *model.constants}
    for kind, inputs, output, domain in model.nodes:
        assert set(inputs) <= made
        assert output not in made
        assert (domain == QONNX_DOMAIN) == (kind in ("BipolarQuant", "Quant", "MultiThreshold"))
        made.add(output)
    height, width, channels = nodes.image
    outputs = NETWORKS[name].header.outputs
    assert model.given == ("image", [1, channels, height, width] if qonnx else [b"batch", height, width, channels])
    assert model.result == ("scores", [1 if qonnx else b"batch", outputs])
    domains = {b"".join(all_of(one, 1)): all_of(one, 2) for one in all_of(model.model, 8)}
    assert domains == {b"": [17]} | ({QONNX_DOMAIN.encode(): [1]} if qonnx else {})


def test_signs_and_filters_in_both_dialects() -> None:
    nodes = nodes_of(of_chain(1))
    binary = [node for node in nodes.nodes if node.kind == "binary_conv"]
    plain, qonnx = Read(onnx_model(nodes, False)), Read(onnx_model(nodes, True))
    bytes_of = [plain.constants[inputs[0]] for _, inputs, *_ in plain.of_kind("Cast")]
    bits_of = [inputs for _, inputs, output, _ in qonnx.of_kind("BipolarQuant") if output.endswith(".filters")]
    for node, found, (filters, scale) in zip(binary, bytes_of, bits_of, strict=True):
        assert found.dtype == np.int8
        wanted = node.arrays["filters"]
        if wanted.shape[2:] == node.window.size != (3, 3):  # a dense layer: a matrix, its lines as Flatten has them
            wanted = wanted.reshape(len(wanted), -1).T
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(qonnx.constants[filters], wanted)
        assert qonnx.constants[scale].tolist() == [1]
    signs = [node for node in nodes.nodes if node.kind == "signs"]
    assert len(plain.of_kind("Where")) == len(signs)
    assert len(qonnx.of_kind("BipolarQuant")) == len(signs) + len(binary)
    # Ones around the image are made before the convolution, which has zeros.
    assert len(plain.of_kind("Pad")) == len(qonnx.of_kind("Pad")) == 1


@pytest.mark.parametrize("qonnx", [False, True])
def test_dense_layers_are_products_of_matrices(qonnx: bool) -> None:
    """The image is flattened once, as it lies, and what follows are vectors, up to the scores."""
    model = Read(onnx_model(nodes_of(of_chain(0)), qonnx))
    assert [kind for kind, *_ in model.nodes if kind in ("Flatten", "MatMul", "Conv", "Transpose")] == [
        *["Transpose"] * (not qonnx),  # images of plain ONNX are as in training
        *["Conv"] * 4,
        *("Flatten", "MatMul", "MatMul"),
    ]
    assert model.nodes[-1][0] == "MatMul"
    assert model.nodes[-1][2] == "scores"


def test_a_vector_scales_the_channels_of_an_image() -> None:
    """A dense layer on averages, and its numbers against the image before them; then pixels again, which are pooled."""
    pool = Window((2, 2))
    scale = np.array([[1.0, 2], [3, 4]], np.float32).reshape(2, 2, 1, 1)
    parts = {"groups": 1}
    nodes = Nodes(
        "drawn",
        (2, 2, 2),
        (
            Node("average_pool", "a.pool", "a", ("image",), (2, 1, 1), pool),
            Node("conv", "a.conv", "a", ("a.pool",), (2, 1, 1), numbers=parts, arrays={"filters": scale, "bias": BIAS}),
            Node("multiply", "a.scaled", "a", ("image", "a.conv"), (2, 2, 2)),
            Node("max_pool", "a.max", "a", ("a.scaled",), (2, 1, 1), pool),
            Node("conv", "b.conv", "b", ("a.max",), (2, 1, 1), numbers=parts, arrays={"filters": scale, "bias": BIAS}),
            # One pixel, but laid into a frame: an image still.
            Node(
                "pad",
                "b.pad",
                "b",
                ("b.conv",),
                (2, 3, 3),
                Window((1, 1), pads_begin=(1, 1), pads_end=(1, 1)),
                {"value": 0.0},
            ),
        ),
        "b.pad",
    )
    assert vectors_of(nodes) == {"a.conv"}
    kinds = [kind for kind, *_ in Read(onnx_model(nodes, True)).nodes]
    assert kinds == [
        *("GlobalAveragePool", "Flatten", "MatMul", "Add", "Reshape", "Mul", "MaxPool", "Conv", "Pad"),
        *("Transpose", "Flatten"),
    ]
    if ONNX_RUNTIME.python is not None:
        images = Draw(0).numbers(3, 2, 2, 2)
        found, _ = ONNX_RUNTIME.run({"m.onnx": onnx_model(nodes, False)}, "m.onnx", images)
        np.testing.assert_array_equal(found, scores(nodes, images))


def test_the_networks_have_all_layers() -> None:
    kinds = {node.kind for network in NETWORKS.values() for node in nodes_of(network).nodes}
    assert kinds | {"reorder"} == set(LAYERS)


@pytest.mark.parametrize("target", ["onnx", "qonnx"])
def test_the_same_network_gives_the_same_file_and_its_notes(target: str) -> None:
    material = Material.of_packed(of_chain(0), "a run")
    first, second = (export_to(TARGETS[target], material).written for _ in range(2))
    assert first == second
    assert list(first.files) == ["network.onnx", "README.md"]
    readme = first.files["README.md"].decode()
    assert "Its weights are from a run." in readme
    (note,) = first.notes
    assert note in readme
    assert ("block/conv, block/first, block/second." in note) == (target == "qonnx")  # what is padded


def _receiver(target: str) -> Any:
    receiver = {"onnx": ONNX_RUNTIME, "qonnx": QONNX}[target]
    missing = receiver.python is None
    return pytest.param(target, marks=pytest.mark.skipif(missing, reason=f"{receiver.name} is not installed"))


@pytest.mark.parametrize("target", [_receiver("onnx"), _receiver("qonnx")])
@pytest.mark.parametrize(
    "network",
    [NETWORKS["all"], NETWORKS["chain"], NETWORKS["int8"], NETWORKS["wide int8"]],
    ids=["all", "chain", "int8", "wide"],
)
def test_the_receiver_gives_the_engines_scores(network: PackedNetwork, target: str) -> None:
    """To the bit: sums are of small halves, or whole numbers of 8 bits, some beyond what floats hold.

    Behind the exponentials of "all" a score may differ in its last digit.
    """
    if network is NETWORKS["wide int8"] and target == "qonnx":
        pytest.skip("qonnx 1.0.0 takes signs beside floats for signs, in a Concat, and stops at the floats")
    material = Material.of_packed(network, "")
    proof = proof_of(export_to(TARGETS[target], material), material, Draw(9).images(network, 3))
    assert proof.same_class == proof.images == 3
    assert proof.largest_difference <= 1e-6 * (network is NETWORKS["all"])
    if target == "qonnx" and network is NETWORKS["chain"]:
        # Padding counts: 8 x 8 and twice 4 x 4 pixels of 3 x 3 taps; then dense layers.
        binary = 64 * 9 * 24 * 40 + 2 * 16 * 9 * 40 * 40 + 640 * 96 + 96 * 10
        assert f"{binary:,} MACs of BIPOLAR with BIPOLAR" in proof.run_by


@pytest.mark.skipif(QONNX.python is None, reason="qonnx is not installed")
def test_turned_signs_of_any_numbers() -> None:
    """-0.5 is below 0, and so +1 where it is turned, though -1 - x is not."""
    turned = np.array([True, False, True, False]).reshape(4, 1, 1)
    signs = Node("signs", "a.signs", "a", ("image",), (4, 1, 1), arrays={"turned": turned})
    nodes = Nodes("drawn", (1, 1, 4), (signs,), "a.signs")
    images = np.array([[-0.5, -0.5, 0, 0], [2, 2, -2, -2]], np.float32).reshape(2, 1, 1, 4)
    found, _ = QONNX.run({"m.onnx": onnx_model(nodes, True)}, "m.onnx", images)
    assert found.tolist() == scores(nodes, images).tolist() == [[1, -1, -1, 1], [-1, 1, 1, -1]]
