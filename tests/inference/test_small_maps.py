"""Windows larger than what they slide over, packed: presets on small images, and every kind of window."""

from __future__ import annotations

import pytest

from bnn_designer.graph import lower
from bnn_designer.packing import pack
from tests.inference.models import random_model
from tests.inference.test_networks import assert_same, instruction_sets
from tests.small_maps import IMAGENET_PRESETS, MAPS, every_window, on_cifar


@pytest.mark.parametrize("name", IMAGENET_PRESETS)
def test_presets_on_images_of_cifar(name: str) -> None:
    assert_same(on_cifar(name), 6, threads=2)


@pytest.mark.parametrize("size", MAPS, ids=str)
@pytest.mark.parametrize("pad_values", [0, 1])
def test_every_window_on_every_instruction_set(size: tuple[int, int], pad_values: int) -> None:
    for isa in instruction_sets():
        for threads in (1, 3):
            assert_same(every_window(size, pad_values), 8, threads, isa)


def test_every_kind_of_window_is_among_them() -> None:
    graph = lower(every_window((2, 2), 1))
    groups = pack(graph, random_model(graph)).header.groups
    windows = {group.source for group in groups if group.geometry[6] > group.geometry[0]}  # kernel height, height
    assert windows == {"float_conv", "binary_conv", "depthwise", "max_pool", "average_pool", "binary_max_pool"}
    assert "pad" in {group.source for group in groups}
