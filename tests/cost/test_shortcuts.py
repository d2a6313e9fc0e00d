"""What shortcuts add to the memory over time."""

from __future__ import annotations

from hypothesis import given, settings

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.cost.shortcuts import shortcut_adds, shortcut_effect, shortcut_effects, without_shortcuts
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from tests.cost.designs import designs


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
