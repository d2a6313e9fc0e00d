"""Which tensors are alive, and how many bytes: by hand for small networks, by laws for all."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import WrapInShortcut
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.graph.liveness import IN_PLACE, ROLES, Timeline, timeline
from bnn_designer.graph.passes import Program, deploy
from tests.strategies import networks


def bound_bytes(design: Design) -> int:
    """The largest sum of live bytes of the deployed program."""
    return max(step.live_bytes for step in timeline(deploy(lower(design))).steps)


def live_names(design: Design) -> dict[str, set[str]]:
    return {step.name: {span.name for span in step.live} for step in timeline(deploy(lower(design))).steps}


def chain(*blocks: b.Block) -> Design:
    return Design(input_shape=(8, 8, 3), blocks=(*blocks, b.GlobalPool(id="g"), b.Head(id="h")))


IMAGE = 8 * 8 * 3 * 4  # bytes of the float image, held to the end
FLOAT_16 = 8 * 8 * 16 * 4
WORD = 8 * 8 * 4  # signs of up to 32 channels take one word of 4 bytes a pixel
UNFOLDED_3 = 8 * 8 * 3 * 3 * 3 * 4  # what a float 3x3 convolution makes of the image


def test_a_binary_chain_by_hand() -> None:
    design = chain(b.BinaryConv(id="a", filters=16), b.BinaryConv(id="c", filters=16))
    steps = timeline(deploy(lower(design))).steps
    assert [(step.name, step.live_bytes) for step in steps] == [
        ("input.sign", IMAGE + WORD),
        ("a", IMAGE + WORD + WORD),
        ("c", IMAGE + WORD + FLOAT_16),
        ("g", IMAGE + FLOAT_16 + 16 * 4),
        ("h.dense", IMAGE + 16 * 4 + 10 * 4),
        ("h", IMAGE + 10 * 4),  # the softmax writes over the scores
    ]


def test_a_shortcut_by_hand() -> None:
    """Around ``c``: its input stays in float until the add, which writes over one of its two inputs."""
    stem = b.Conv(id="a", filters=16)
    design = chain(stem, b.Shortcut(id="s", body=(b.BinaryConv(id="c", filters=16),)))
    steps = {step.name: step.live_bytes for step in timeline(deploy(lower(design))).steps}
    assert steps["a"] == IMAGE + FLOAT_16 + UNFOLDED_3
    assert steps["a.sign"] == IMAGE + FLOAT_16 + WORD
    assert steps["c"] == IMAGE + FLOAT_16 + WORD + FLOAT_16
    assert steps["s"] == IMAGE + FLOAT_16 + FLOAT_16
    # Without it the input of ``c`` is gone once its signs are there.
    plain = {
        step.name: step.live_bytes
        for step in timeline(deploy(lower(chain(stem, b.BinaryConv(id="c", filters=16))))).steps
    }
    assert plain["c"] == IMAGE + WORD + FLOAT_16


def test_an_elementwise_layer_works_in_place_only_where_its_input_dies() -> None:
    conv = b.Conv(id="a", filters=16, activation="relu")
    in_place = live_names(chain(conv, b.BatchNorm(id="n")))
    assert in_place["n.multiply"] == {"input", "n.multiply"}
    assert in_place["n"] == {"input", "n"}
    still_needed = live_names(chain(conv, b.Shortcut(id="s", body=(b.BatchNorm(id="n"),))))
    assert still_needed["n.multiply"] == {"input", "a", "n.multiply"}
    assert still_needed["n"] == {"input", "a", "n"}
    assert still_needed["s"] in ({"input", "a", "s"}, {"input", "n", "s"})


def test_the_image_is_never_overwritten() -> None:
    """TensorFlow Lite's planner holds the graph's input to the end."""
    names = live_names(Design(input_shape=(4, 4, 3), blocks=(b.BatchNorm(id="n"), b.GlobalPool(), b.Head())))
    assert names["n.multiply"] == {"input", "n.multiply"}
    assert names["n"] == {"input", "n"}
    assert all("input" in live for live in names.values())


def test_a_pointwise_bypass_runs_first_and_its_output_waits_for_the_body() -> None:
    shortcut = b.Shortcut(id="s", body=(b.BinaryConv(id="c", filters=32, strides=2),), batch_norm=None)
    names = live_names(chain(b.Conv(id="a", filters=16), shortcut))
    assert names["s.pointwise"] == {"input", "a", "s.pointwise", "s.pointwise.im2col"}
    assert names["a.sign"] == {"input", "a", "s.pointwise", "a.sign"}
    assert names["c"] == {"input", "a.sign", "s.pointwise", "c"}
    assert len(names["s"]) == 1 + 2


def assert_laws_of_liveness(program: Program) -> None:
    steps = timeline(program).steps
    assert [step.name for step in steps] == [op.name for op in program.operators]
    last = {name: index for index, op in enumerate(program.operators) for name in op.inputs}
    made = [program.input, *(value for op in program.operators for value in (op.output, op.im2col) if value)]
    sizes = {value.name: value.size_bytes for value in made}
    for index, (step, op) in enumerate(zip(steps, program.operators, strict=True)):
        names = [span.name for span in step.live]
        assert len(set(names)) == len(names)
        assert {op.name, program.input.name} <= set(names)
        assert (op.im2col is None) or op.im2col.name in names
        missing = set(op.inputs) - set(names)
        assert len(missing) <= (1 if op.kind in IN_PLACE else 0), "one input at most is overwritten"
        for name in missing:
            assert program.values[name].size_bytes == op.output.size_bytes
            assert last[name] == index, "nothing reads it afterwards"
        assert step.live_bytes == sum(sizes[span.name] for span in step.live)
    # A value that will be read is alive at every step from the one that makes it on.
    position = {op.name: index for index, op in enumerate(program.operators)}
    for name, end in last.items():
        if name != program.input.name:
            for index in range(position[name], end):
                assert name in {span.name for span in steps[index].live}
            for step in steps[end + 1 :]:
                assert name not in {span.name for span in step.live}


@given(networks())
def test_laws_of_liveness(design: Design) -> None:
    assert_laws_of_liveness(deploy(lower(design)))


@given(networks(), st.data())
def test_wrapping_in_a_shortcut_never_lowers_the_bound(design: Design, data: st.DataObject) -> None:
    """A shortcut keeps its input alive; so the advice to use them has a price, and never the opposite.

    Holds for max pools that leave more than one pixel of 32 (see below); those of ``networks`` do.
    """
    block = data.draw(st.sampled_from([block for _, block in walk(design.blocks)]))
    try:
        wrapped = bound_bytes(apply_edit(design, WrapInShortcut(block_ids=(block.id,))))
    except DesignError:
        assume(False)
    assert wrapped >= bound_bytes(design)


def test_the_exception_a_huge_max_pool() -> None:
    """sign(max(x)) is computed as max(sign(x)), as LCE does: the signs of all of x then stand beside x.

    Where the pool leaves fewer than one pixel of 32, the pooled floats would be smaller than those signs; a shortcut
    around the pool forces them, and so takes less at that moment.
    """
    stem, pool = b.Conv(id="a", filters=8), b.PoolBatchNorm(id="p", pool_size=16, batch_norm=None)
    binary = b.BinaryConv(id="c", filters=8, kernel_size=1)

    def network(*blocks: b.Block) -> Design:
        return Design(input_shape=(32, 32, 3), blocks=(*blocks, b.GlobalPool(), b.Head()))

    def steps(*blocks: b.Block) -> dict[str, int]:
        return {step.name: step.live_bytes for step in timeline(deploy(lower(network(*blocks)))).steps}

    image, full, pooled, words = 32 * 32 * 3 * 4, 32 * 32 * 8 * 4, 2 * 2 * 8 * 4, 32 * 32 * 4
    # The stem's own peak hides both, so the moments are compared: signs of all of x, and the pooled floats.
    assert steps(stem, pool, binary)["p.input_sign"] == image + full + words
    assert steps(stem, b.Shortcut(body=(pool,)), binary)["p"] < image + full + words
    assert steps(stem, b.Shortcut(body=(pool,)), binary)["p"] >= image + full + pooled


def of_preset(name: str) -> Timeline:
    return timeline(deploy(lower(preset(name))))


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_alive_lies_in_the_arena_one_beside_another(name: str) -> None:
    found = of_preset(name)
    buffers = {span.buffer for span in found.spans}
    alive = [sum(one.size_bytes for one in buffers if one.first <= step.index <= one.last) for step in found.steps]
    assert [step.live_bytes for step in found.steps] == alive
    assert found.peak.live_bytes == found.live_lower_bound_bytes == max(alive)
    assert found.arena_bytes - found.wasted_bytes == found.peak.live_bytes
    assert max(span.end for span in found.spans) == found.arena_bytes
    assert {span.role for span in found.spans} <= set(ROLES)
    for step in found.steps:
        assert all(before.end <= after.offset for before, after in pairwise(step.by_offset))
        assert sorted(step.by_size, key=lambda span: span.offset) == step.by_offset
        assert all(before.size_bytes >= after.size_bytes for before, after in pairwise(step.by_size))
    json.dumps(found.to_data())


def test_who_holds_binarynets_peak() -> None:
    peak = of_preset("binarynet").peak
    assert peak.name == "pool_bn_1"
    assert {span.name: span.size_bytes for span in peak.live} == {
        "input": 32 * 32 * 3 * 4,
        "binary_conv_2": 30 * 30 * 128 * 4,
        "pool_bn_1": 15 * 15 * 128 * 4,
    }


def test_values_that_share_memory_follow_each_other() -> None:
    spans = {span.name: span for span in of_preset("binarynet").spans}
    pooled, scaled, shifted = (spans[f"pool_bn_1{part}"] for part in ("", ".batch_norm.multiply", ".batch_norm"))
    assert pooled.buffer == scaled.buffer == shifted.buffer
    assert pooled.offset == scaled.offset == shifted.offset
    assert pooled.last + 1 == scaled.first == scaled.last
    assert scaled.last + 1 == shifted.first
