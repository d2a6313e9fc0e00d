"""Tensors in the arena: none lies where another is still needed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNorm, Conv, Flatten, Head, Shortcut
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.graph.passes import deploy
from bnn_designer.packing import PackError, pack
from bnn_designer.packing.drafts import (
    IMAGE,
    READING_STEPS,
    RESULT,
    WRITING_STEPS,
    ZEROS,
    Geometry,
    GroupDraft,
    StepDraft,
)
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.packing.places import place_tensors, size_bytes
from tests import strategies
from tests.inference.models import random_model

ELSEWHERE = {IMAGE, RESULT, ZEROS}


def tensors_of(group: GroupEntry, kinds: frozenset[str]) -> list[str]:
    return [step.tensor for step in group.steps if step.kind in kinds and step.tensor not in ELSEWHERE]


def check_places(network: PackedNetwork) -> None:
    """Group by group, every byte that is written belongs to no tensor that is read later, or as a window now."""
    header = network.header
    extents = {}
    for tensor in header.tensors:
        height, width, channels = tensor.shape
        extents[tensor.name] = (tensor.offset, tensor.offset + size_bytes((height, width, channels), tensor.bits))
    parts = [[part.tensor for part in group.parts if part.tensor not in ELSEWHERE] for group in header.groups]
    reads = [[*parts[i], *tensors_of(group, READING_STEPS)] for i, group in enumerate(header.groups)]

    def overlap(first: str, second: str) -> bool:
        (a, b), (c, d) = extents[first], extents[second]
        return a < d and c < b

    made: set[str] = set()
    for index, group in enumerate(header.groups):
        written = tensors_of(group, WRITING_STEPS)
        added = {step.tensor for step in group.steps if step.kind == "add"}
        later = {name for names in reads[index + 1 :] for name in names} & made
        read_later = {name for names in reads[index + 1 :] for name in names}
        for name in written:
            assert not [other for other in {*later, *parts[index]} if overlap(name, other)], (group.name, name)
            position = next(i for i, step in enumerate(group.steps) if step.tensor == name)
            for step in group.steps[position:]:
                # A group may read again what it has stored itself (a shortcut around steps of one group), nothing else.
                if step.kind in READING_STEPS and step.tensor not in {*ELSEWHERE, name}:
                    assert not overlap(name, step.tensor), (group.name, name)
            # Over what an earlier step of this group reads or stores only if it is pixel upon pixel, and read no more.
            for step in group.steps[:position]:
                if step.tensor and step.tensor not in ELSEWHERE and overlap(name, step.tensor):
                    assert extents[name] == extents[step.tensor]
                    assert step.tensor in added
                    assert step.tensor not in read_later
        made.update(written)
    assert header.arena_bytes == max((end for _, end in extents.values()), default=0)


@pytest.mark.parametrize("name", ["binarynet", "quicknet-cifar", "melius-net-cifar", "reactnet-cifar", "group-net-18"])
def test_presets(name: str) -> None:
    graph = lower(preset(name))
    check_places(pack(graph, random_model(graph)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.networks())
def test_drawn_networks(design: Design) -> None:
    graph = lower(design)
    try:
        network = pack(graph, random_model(graph))
    except PackError:
        return
    check_places(network)


def test_a_shortcut_within_one_group_stores_over_what_the_group_stored() -> None:
    """Store, change, add, store: found by drawn networks, seldom."""
    body = Shortcut(body=(BatchNorm(),))
    graph = lower(Design(blocks=(Conv(filters=4, kernel_size=(1, 1)), body, Flatten(), Head())))
    check_places(pack(graph, random_model(graph)))


@pytest.mark.parametrize("read_again", [False, True])
def test_a_sum_is_stored_over_the_shortcut_only_if_nothing_reads_it_again(read_again: bool) -> None:
    """The packed input has the output's size, 8 bytes a pixel, and dies too; it is never what is written over."""
    image = Geometry(3, 3, 64, 3, 3, 64)
    first = GroupDraft("a", "", [], "channels", image, [(IMAGE, 64)], steps=[StepDraft("sign", "p")])
    small = Geometry(3, 3, 2, 3, 3, 2)
    second = GroupDraft("b", "", [], "channels", small, [(IMAGE, 2)], steps=[StepDraft("store", "r")])
    conv = GroupDraft("c", "", [], "binary_conv", Geometry(3, 3, 64, 3, 3, 2, 3, 3, 1, 1, 1, 1, 1, 1), [("p", 64)])
    conv.steps = [StepDraft("add", "r"), StepDraft("store", "y")]
    last = GroupDraft("d", "", [], "channels", small, [("y", 2)])
    last.steps = [*([StepDraft("add", "r")] if read_again else []), StepDraft("store", RESULT)]
    places, arena_bytes = place_tensors([first, second, conv, last])
    at = {place.name: place.offset for place in places}
    assert at["y"] != at["p"]
    assert (at["y"] == at["r"]) is not read_again
    assert arena_bytes == (2 * 128 if read_again else 128) + 3 * 3 * 8


def test_the_arena_of_a_shortcut_network_is_smaller_than_the_deployed_one() -> None:
    """A group keeps the sum of a shortcut in place, where the program holds three tensors of 12 h w c bytes."""
    from bnn_designer.graph.liveness import timeline

    graph = lower(preset("bi-real-cifar"))
    network = pack(graph, random_model(graph))
    assert network.header.arena_bytes < timeline(deploy(graph)).arena_bytes
