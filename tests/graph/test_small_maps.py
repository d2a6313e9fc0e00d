"""Windows larger than what they slide over: graphs of presets on small images, and of every kind of window."""

from __future__ import annotations

import pytest

from bnn_designer.design.vocabulary import Pair
from bnn_designer.graph import Graph, lower, ops
from tests.graph.test_lowering import assert_well_formed
from tests.small_maps import IMAGENET_PRESETS, MAPS, every_window, on_cifar


def smaller_maps(graph: Graph) -> set[Pair]:
    """Of maps, those that are smaller on both axes than a kernel over them."""
    found = set()
    for layer in graph.layers:
        height, width = (*graph.input_shapes(layer)[0], 1)[:2]
        if isinstance(layer.op, ops.Convolution) and layer.op.reach[0] > height and layer.op.reach[1] > width:
            found.add((height, width))
    return found


@pytest.mark.parametrize("name", IMAGENET_PRESETS)
def test_presets_for_imagenet_on_images_of_cifar(name: str) -> None:
    graph = lower(on_cifar(name))
    assert_well_formed(graph)
    assert smaller_maps(graph) == {(2, 2), (1, 1)}


@pytest.mark.parametrize("size", MAPS, ids=str)
def test_same_padding_takes_every_window_of_them(size: Pair) -> None:
    graph = lower(every_window(size, 0))
    assert_well_formed(graph)
    assert size in smaller_maps(graph)
