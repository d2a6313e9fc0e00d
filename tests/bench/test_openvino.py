"""What OpenVINO gets of a network, what it cannot have, and what it makes of it where it is installed."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bnn_designer.bench import conv_chain
from bnn_designer.bench.cases.conv import CHAIN_IMAGES, CHAIN_LENGTH, Shape, planned_chain
from bnn_designer.bench.model_peers import Case, openvino_rivals
from bnn_designer.bench.openvino_int8 import describe_int8, expect_close, in_float, ranges_of
from bnn_designer.bench.openvino_network import (
    Description,
    UnsupportedError,
    describe,
    filter_bytes,
)
from bnn_designer.bench.peer_openvino import PACKAGE, OpenVinoProcess, name_of
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rows import Missing
from bnn_designer.bench.targets import openvino_target
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.openvino.ir import IR
from bnn_designer.export.openvino.layers import ir_of
from bnn_designer.graph import Graph, lower, ops
from bnn_designer.inference import Engine
from bnn_designer.kernels.toolchain import INSTRUCTION_SETS
from bnn_designer.packing import pack
from tests.inference.models import keras_outputs, random_images, random_model

OPENVINO_PYTHON = os.environ.get(PACKAGE.variable)
PRESETS = ("binarynet", "bi-real-cifar", "melius-net-cifar", "reactnet-cifar", "quicknet-cifar")


def described(design: Design) -> Description:
    graph = lower(design)
    return describe(graph, random_model(graph))


def kinds(description: Description) -> list[str]:
    return [layer["kind"] for layer in description.layers]


class TestFilters:
    def test_bytes_times_scale_are_the_filters_within_half_a_step(self) -> None:
        filters = np.random.default_rng(0).normal(size=(4, 3, 3, 3)) * np.array([1, 10, 0.1, 0]).reshape(4, 1, 1, 1)
        found, scale = filter_bytes(filters)
        assert found.dtype == np.int8
        assert np.abs(found[:3]).max(axis=(1, 2, 3)).tolist() == [63] * 3  # two products with 255 fit 16 bits
        assert (np.abs(found * scale - filters) <= 0.501 * scale).all()
        assert not found[3].any()


class TestDescription:
    def test_a_dense_layer_is_a_convolution_of_the_image_before_it(self) -> None:
        """So flattening moves nothing: a feature is at its pixel and channel."""
        design = Design(input_shape=(2, 3, 4), classes=5, blocks=(b.Flatten(), b.Head()))
        graph = lower(design)
        model = random_model(graph)
        found = describe(graph, model)
        assert kinds(found) == ["conv", "affine", "softmax"]
        (filters,) = (array for name, array in found.arrays.items() if name.endswith("filters"))
        assert filters.shape == (5, 4, 2, 3)
        image = random_images(graph, 1)[0]
        scores = np.einsum("ochw,hwc->o", filters, image) + model.layers[-2].bias.numpy()
        probabilities = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(probabilities, keras_outputs(model, image[None])[0], rtol=1e-5)

    def test_in_int8_every_product_reads_bytes(self) -> None:
        graph = in_float(lower(preset("bi-real-cifar")))
        assert not any(op.is_binary for op in (layer.op for layer in graph.layers) if isinstance(op, ops.QuantizedOp))
        found = describe_int8(graph, random_model(graph), random_images(graph, 2))
        made = {layer["name"]: layer["kind"] for layer in found.layers}
        sources = {made[layer["inputs"][0]] for layer in found.layers if layer["kind"] == "conv"}
        assert sources == {"quantize"}
        filters = {array.dtype.name for name, array in found.arrays.items() if name.endswith("filters")}
        assert filters == {"int8"}

    def test_ranges_are_those_of_the_activations(self) -> None:
        graph = in_float(lower(Design(input_shape=(4, 4, 3), blocks=(b.Conv(filters=8), b.GlobalPool(), b.Head()))))
        images = random_images(graph, 2)
        ranges = ranges_of(graph, random_model(graph), images)
        assert len(ranges) == 2  # what the convolution reads, and what the head reads
        assert ranges["input"] == (images.min(), images.max())

    def test_signs_are_not_for_it(self) -> None:
        design = Design(blocks=(b.Conv(filters=64), b.BinaryConv(filters=64), b.GlobalPool(), b.Head()))
        with pytest.raises(UnsupportedError, match="layer 'binary_conv_1' reads ste_sign, and this is for networks in"):
            described(design)


class TestTargets:
    def test_they_follow_the_instruction_set(self) -> None:
        held = {isa.name: [openvino_target(isa.name, way, 1) for way in conv_chain.WAYS] for isa in INSTRUCTION_SETS}
        found = {name: [target and target.value for target in targets] for name, targets in held.items()}
        none = [None] * 3
        assert found == {
            "avx512": [4, 3, None],
            "avx512vnni": [2.5, 2, None],
            "avx512bw": [2.5, 2, None],
            **dict.fromkeys(set(found) - {"avx512", "avx512vnni", "avx512bw"}, none),
        }

    def test_they_are_of_one_thread(self) -> None:
        assert openvino_target("avx512", "binary", 2) is None

    def test_a_peer_that_is_held_to_less_says_so(self) -> None:
        assert name_of("int8", "avx512") == "OpenVINO 2026.4.1 int8"
        assert name_of("int8", "avx2") == "OpenVINO 2026.4.1 int8, up to AVX2"


def chained(channels: int = 64, size: int = 4) -> tuple[Graph, Any]:
    graph = conv_chain.chain(Shape(channels, size, 1))
    return graph, conv_chain.with_odd_thresholds(graph)


class TestChain:
    def test_a_row_a_shape(self) -> None:
        texts = [row.text for row in planned_chain(Request("conv", 1))]
        assert len(texts) == len(CHAIN_IMAGES)
        assert texts[0] == "conv 64@32x32 batch 1, chain of six"

    def test_no_sum_meets_its_threshold(self) -> None:
        graph, model = chained()
        assert sum(isinstance(layer.op, ops.Conv2D) for layer in graph.layers) == CHAIN_LENGTH
        for layer in graph.layers:
            if isinstance(layer.op, ops.BatchNorm):
                thresholds = model.get_layer(layer.name).moving_mean.numpy()
                assert (thresholds % 2 == 1).all()
                assert np.abs(thresholds).max() <= 9

    def test_in_float_nothing_is_between_the_convolutions(self) -> None:
        graph, _ = chained()
        bare = conv_chain.without_norms(in_float(graph))
        assert [layer.inputs[0] for layer in bare.layers] == ["input", *(f"conv_{i}" for i in range(CHAIN_LENGTH - 1))]
        assert not any(layer.op.is_binary for layer in bare.layers if isinstance(layer.op, ops.QuantizedOp))

    def test_other_sums_are_an_error(self) -> None:
        ours = np.ones((1, 4), np.float32)
        conv_chain.expect_equal("conv", ours, ours)
        with pytest.raises(BenchError, match="different sums"):
            conv_chain.expect_equal("conv", ours, 2 - 3 * ours)
        expect_close("conv", "int8", ours, 1.02 * ours)
        with pytest.raises(BenchError, match=r"12\.0% away"):
            expect_close("conv", "int8", ours, 1.12 * ours)


@pytest.mark.skipif(not OPENVINO_PYTHON, reason=f"{PACKAGE.variable} names no Python with openvino")
class TestOpenVino:
    """With the real one: it computes what our Keras model does."""

    @pytest.mark.parametrize("isa", ["avx512", "avx2"])
    @pytest.mark.parametrize(
        "name", ["binarynet", "bi-real-cifar", "melius-net-cifar", "reactnet-cifar", "quicknet-cifar"]
    )
    def test_presets(self, name: str, isa: str) -> None:
        """Half of the gammas are negative, some are 0; slopes, shifts, channels put in a row, binomial kernels."""
        graph = lower(preset(name))
        floats = in_float(graph)
        model, in_floats, images = random_model(graph), random_model(floats), random_images(graph, 8)
        networks: dict[str, Description | IR] = {"binary": ir_of(nodes_of(pack(graph, model)))}
        networks |= {"int8": describe_int8(floats, in_floats, images), "float": describe(floats, in_floats)}
        outputs = self.outputs(networks, images, isa)
        np.testing.assert_allclose(outputs["binary"], keras_outputs(model, images), rtol=2e-4, atol=2e-5)
        expected = keras_outputs(in_floats, images)
        np.testing.assert_allclose(outputs["float"], expected, rtol=2e-4, atol=2e-5)
        expect_close(name, "int8", expected, outputs["int8"])

    @pytest.mark.parametrize("pad", [0, 1])
    def test_a_chain_to_the_bit(self, pad: int) -> None:
        """Of an image with zeros, whose sign is +1."""
        graph, _ = chained()
        layers = [
            replace(layer, op=replace(layer.op, pad_values=pad)) if isinstance(layer.op, ops.Conv2D) else layer
            for layer in graph.layers
        ]
        graph = replace(graph, layers=tuple(layers))
        model, images = conv_chain.with_odd_thresholds(graph), random_images(graph, 2)
        images[:, ::2] = 0
        outputs = self.outputs({"binary": ir_of(nodes_of(pack(graph, model)))}, images, "avx512")
        np.testing.assert_array_equal(outputs["binary"], keras_outputs(model, images))

    def test_a_network_with_groups_has_both_ways(self) -> None:
        grouped = b.BinaryConv(filters=64, groups=2)
        graph = lower(Design(name="grouped", blocks=(b.Conv(filters=64), grouped, b.GlobalPool(), b.Head())))
        model, images = random_model(graph), random_images(graph, 4)
        assert OPENVINO_PYTHON is not None
        with contextlib.ExitStack() as stack:
            engine = stack.enter_context(Engine(pack(graph, model)))
            case = Case("grouped", graph, model, images, engine)
            for rival in openvino_rivals(case, OPENVINO_PYTHON, stack):
                assert not isinstance(rival.turn, Missing)
                assert rival.turn() > 0

    @staticmethod
    def outputs(networks: dict[str, Description | IR], images: Any, isa: str) -> dict[str, Any]:
        assert OPENVINO_PYTHON is not None
        peer = OpenVinoProcess(OPENVINO_PYTHON, networks, images, 1, isa)
        try:
            assert all(peer.round_ms(way) > 0 for way in networks)
            return peer.outputs
        finally:
            peer.close()
