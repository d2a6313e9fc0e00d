"""Memory over time, and what shortcuts add to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.cost.timeline import ROLES, shortcut_adds, shortcut_effect, shortcut_effects, without_shortcuts
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.graph import lower
from tests.cost.designs import designs


@pytest.mark.parametrize("name", PRESETS)
def test_the_timeline_agrees_with_the_plan(name: str) -> None:
    report = cost(preset(name))
    timeline = report.timeline
    steps = report.runtime_memory.steps
    assert [moment.live_bytes for moment in timeline.moments] == [step.live_bytes for step in steps]
    assert [moment.name for moment in timeline.moments] == [step.layer for step in steps]
    assert timeline.peak.live_bytes == report.runtime_memory.live_lower_bound_bytes
    assert timeline.arena_bytes - timeline.wasted_bytes == timeline.peak.live_bytes
    assert max(span.end for span in timeline.spans) == timeline.arena_bytes
    assert {span.role for span in timeline.spans} <= set(ROLES)
    for moment in timeline.moments:
        for before, after in zip(moment.spans, moment.spans[1:], strict=False):
            assert before.end <= after.offset
    json.dumps(timeline.to_data())


def test_who_holds_binarynets_peak() -> None:
    peak = cost(preset("binarynet")).timeline.peak
    assert peak.name == "pool_bn_1"
    assert {span.name: span.size_bytes for span in peak.spans} == {
        "input": 32 * 32 * 3 * 4,
        "binary_conv_2": 30 * 30 * 128 * 4,
        "pool_bn_1": 15 * 15 * 128 * 4,
    }


def test_values_that_share_memory_follow_each_other() -> None:
    spans = {span.name: span for span in cost(preset("binarynet")).timeline.spans}
    pooled, scaled, shifted = (spans[f"pool_bn_1{part}"] for part in ("", ".batch_norm.multiply", ".batch_norm"))
    assert pooled.offset == scaled.offset == shifted.offset
    assert pooled.last + 1 == scaled.first == scaled.last
    assert scaled.last + 1 == shifted.first


def one_conv(wrapped: bool) -> Design:
    norm = b.BatchNormOptions()
    body = b.BinaryConv(filters=64, batch_norm=norm)
    middle = b.Shortcut(body=(body,)) if wrapped else body
    ends = (b.BinaryConv(filters=64, batch_norm=norm), b.BinaryConv(filters=64, batch_norm=norm))
    return Design(
        name="one",
        input_shape=(32, 32, 64),
        blocks=(ends[0], middle, ends[1], b.GlobalPool(), b.Head(classifier="dense")),
    )


def test_what_a_shortcut_adds_by_hand() -> None:
    pixels, image = 32 * 32 * 64, 32 * 32 * 64 * 4
    plain, with_shortcut = (cost(one_conv(wrapped)).deployed for wrapped in (False, True))
    assert isinstance(plain, DeployedCost)
    assert isinstance(with_shortcut, DeployedCost)
    # Plain: the last convolution's signs and its float sums. Wrapped: its sums, with the bypassed floats, and signs.
    assert plain.live_lower_bound_bytes == image + pixels // 8 + pixels * 4
    assert with_shortcut.live_lower_bound_bytes == image + pixels // 8 + 2 * pixels * 4
    effect = shortcut_effect(lower(one_conv(True)))
    assert effect.added_bytes == with_shortcut.live_lower_bound_bytes - plain.live_lower_bound_bytes == pixels * 4
    assert effect.arena_bytes_without == plain.arena_bytes
    assert effect.path == "shortcut_1"


def test_each_shortcut_by_itself_and_all_of_them() -> None:
    graph = lower(preset("bi-real-cifar"))
    sums = shortcut_adds(graph)
    effects = shortcut_effects(graph)
    assert [effect.path for effect in effects] == [layer.path for layer in sums]
    assert len(effects) == 6
    everything = without_shortcuts(graph)
    assert shortcut_adds(everything) == ()
    # The pools and pointwise convolutions of the bypasses go with them.
    assert len(graph.layers) - len(everything.layers) == 6 + 2 * 3
    assert everything.output == graph.output
    assert shortcut_effect(graph).path == ""


def test_a_net_without_shortcuts_stays_as_it_is() -> None:
    graph = lower(preset("binarynet"))
    assert shortcut_adds(graph) == ()
    assert without_shortcuts(graph) == graph


@settings(deadline=None, max_examples=80)
@given(designs())
def test_wrapping_in_a_shortcut_never_lowers_runtime_memory(design: Design) -> None:
    """Of what is alive at once: the planner's gaps may fall either way, so the arena obeys no such law."""
    graph = lower(design)
    assert all(effect.added_bytes >= 0 for effect in shortcut_effects(graph))
    assert shortcut_effect(graph).added_bytes >= 0
