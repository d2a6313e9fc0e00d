"""The nodes of a packed network compute what the engine computes, kind by kind, by numpy."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_designer.export import ExportError
from bnn_designer.export.nodes.node import KINDS, Window, by_channel
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.nodes.sources import SOURCES, unpacked_bits, unpacked_kernel
from bnn_designer.export.nodes.steps import STEPS
from bnn_designer.inference import Engine
from bnn_designer.packing import drafts
from bnn_designer.packing.drafts import IMAGE, RESULT, ZEROS, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.header import Header
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.packing.sources import packed_kernel
from tests.export.networks import Draw, group, joined, of_all, of_bits, of_chain, of_edges, window
from tests.export.networks_of_int8 import of_int8
from tests.export.reference import scores

NETWORKS = {
    "all": of_all(True),
    "edges": of_edges(),
    **{f"bits {seed}": of_bits(seed) for seed in range(3)},
    **{f"chain {seed}": of_chain(seed) for seed in range(2)},
    **{f"int8 {seed}": of_int8(seed) for seed in range(2)},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_scores_as_from_the_engine(name: str) -> None:
    network = NETWORKS[name]
    images = Draw(9).images(network, 4)
    with Engine(network) as engine:
        wanted = engine.run(images)
    assert len(np.unique(wanted)) > 10
    np.testing.assert_allclose(scores(nodes_of(network), images), wanted, rtol=1e-6, atol=1e-6 * (name == "all"))


def test_the_networks_have_all_kinds() -> None:
    nodes = [node for network in NETWORKS.values() for node in nodes_of(network).nodes]
    assert {node.kind for node in nodes} == set(KINDS) - {"reorder"}
    groups = [group for network in NETWORKS.values() for group in network.header.groups]
    assert {one.source for one in groups} == set(SOURCES) == set(drafts.SOURCES)
    assert {step.kind for one in groups for step in one.steps} == {*STEPS, "threshold"} == set(drafts.STEPS)


def test_a_falling_filter_is_negated() -> None:
    """Of sums s of three signs: +1 where s >= 1; where s <= 1, which is -s >= -1; everywhere; nowhere."""
    at = window((1, 1, 3), 4)
    kernel = np.array([[1, 1, 1, 1], [1, 1, -1, 1], [-1, -1, 1, 1]])[None]
    numbers = (np.array([1, -1, 0, 0], np.float32), np.array([-1, 1, 1, -1], np.float32))
    last = window((1, 1, 4), 2)
    network = joined(
        (1, 1, 3),
        [
            group("signs", "channels", Geometry(1, 1, 3, 1, 1, 3), IMAGE, (), StepDraft("sign", "a")),
            group("conv", "binary_conv", at, "a", (packed_kernel(kernel),), StepDraft("threshold", "b", numbers)),
            group("last", "binary_conv", last, "b", (Draw(0).signs(last),), StepDraft("store", RESULT)),
        ],
    )
    nodes = nodes_of(network).by_name
    filters = nodes["conv.binary_conv"].arrays["filters"][:, :, 0, 0].tolist()
    assert filters == [[1, 1, -1], [-1, -1, 1], [1, -1, 1], [1, 1, 1]]
    assert nodes["last.signs"].arrays["at_least"].ravel().tolist() == [1, -1, -4, 4]  # three products never reach 4


def test_a_dense_layer_reads_the_image_as_it_is() -> None:
    nodes = nodes_of(of_chain(0))
    dense = nodes.by_name["dense.binary_conv"]
    assert dense.window == Window((4, 4))
    assert dense.arrays["filters"].shape == (96, 40, 4, 4)
    assert "reorder" not in {node.kind for node in nodes.nodes}


def test_what_is_read_in_another_shape_is_reordered() -> None:
    """A softmax over all features of an image of 2 x 2 pixels; channels come last in them."""
    steps = [StepDraft("softmax"), StepDraft("store", RESULT)]
    network = joined((2, 2, 3), [group("flat", "channels", Geometry(1, 1, 12, 1, 1, 12), IMAGE, (), *steps)])
    nodes = nodes_of(network)
    assert [node.kind for node in nodes.nodes] == ["reorder", "softmax"]
    image = np.arange(12.0).reshape(1, 2, 2, 3)
    np.testing.assert_allclose(scores(nodes, image)[0], np.exp(np.arange(12.0)) / np.exp(np.arange(12.0)).sum())


def test_numbers_of_channels_and_of_features() -> None:
    assert by_channel(np.arange(3), (3, 2, 2)).shape == (3, 1, 1)
    found = by_channel(np.arange(12), (3, 2, 2))
    assert found[1, 0, 1] == 1 * 3 + 1  # the second pixel's channel 1


def test_signs_come_back_from_their_words() -> None:
    kernel = np.random.default_rng(0).choice([-1, 1], (6, 70, 5))
    at = window((4, 4, 70), 5, (2, 3))
    np.testing.assert_array_equal(unpacked_kernel(packed_kernel(kernel), at), kernel)
    assert unpacked_bits(np.array([5, 1], np.uint64), 65).nonzero()[0].tolist() == [0, 2, 64]


def test_signs_that_are_not_there_are_refused() -> None:
    """Two pixels of 50 signs take two words, as do the 100 features that are read of them."""
    one = Geometry(2, 1, 50, 2, 1, 50)
    dense = window((1, 1, 100), 3)
    network = joined(
        (2, 1, 50),
        [
            group("signs", "channels", one, IMAGE, (), StepDraft("sign", "a")),
            group(
                "dense", "binary_conv", window((1, 1, 100), 3), "a", (Draw(0).signs(dense),), StepDraft("store", RESULT)
            ),
        ],
    )
    assert nodes_of(network)
    header = network.header.model_dump()
    header["tensors"][0]["shape"] = [2, 1, 49]
    header["groups"][0]["geometry"][2] = header["groups"][0]["geometry"][5] = 49
    header["groups"][0]["parts"][0]["channels"] = 49
    header["input_shape"] = [2, 1, 49]
    broken = PackedNetwork(Header.model_validate(header), network.numbers)
    with pytest.raises(ExportError, match="dense: the packed network is not consistent: 100 numbers are read, and 98"):
        nodes_of(broken)


def test_a_falling_filter_of_8_bits_is_negated() -> None:
    """Of sums s = 3 x, x up to 127 in magnitude: +1 where -s + 30 >= 0, which is -s >= -30; and never, beyond 381."""
    at = window((1, 1, 1), 2)
    threshold = StepDraft("threshold", "b", (np.array([-1, 0], np.float32), np.array([30, -1], np.float32)))
    last = window((1, 1, 2), 1)
    whole = group("whole", "channels", Geometry(1, 1, 1, 1, 1, 1), IMAGE, (), StepDraft("quantize", "a", high=0.5))
    conv = group("conv", "int8_conv", at, "a", (np.array([[[3, 3]]], np.int8),), threshold)
    summed = group("last", "binary_conv", last, "b", (packed_kernel(np.ones((1, 2, 1))),), StepDraft("store", RESULT))
    network = joined((1, 1, 1), [whole, conv, summed])
    nodes = nodes_of(network).by_name
    assert nodes["conv.int8_conv"].arrays["filters"].ravel().tolist() == [-3, 3]
    assert nodes["last.signs"].arrays["at_least"].ravel().tolist() == [-30, 382]
    broken = PackedNetwork(network.header, network.numbers.copy())
    broken.blob(network.header.groups[1].weights[0])[:] = -128
    with pytest.raises(
        ExportError, match="block/conv: the packed network is not consistent: a weight of 8 bits is -128"
    ):
        nodes_of(broken)


def test_a_group_of_nothing_is_refused() -> None:
    """Zeros alone: no network that was packed here has such a group, but a file may come from anybody."""
    one = Geometry(1, 1, 2, 1, 1, 2)
    zeros = GroupDraft("zeros", "block", [], "channels", one, [(ZEROS, 2)], steps=[StepDraft("store", RESULT)])
    with pytest.raises(ExportError, match="block: the packed network is not consistent: a group reads nothing"):
        nodes_of(joined((1, 1, 2), [zeros]))


def test_zeros_stand_before_and_behind() -> None:
    one = Geometry(1, 1, 5, 1, 1, 5)
    parts = [(ZEROS, 2), (IMAGE, 2), (ZEROS, 1)]
    group = GroupDraft("zeros", "block", [], "channels", one, parts, steps=[StepDraft("store", RESULT)])
    nodes = nodes_of(joined((1, 1, 2), [group]))
    assert scores(nodes, np.array([[[[3.0, 4.0]]]])).tolist() == [[0, 0, 3, 4, 0]]
