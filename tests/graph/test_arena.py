"""The arena planner: small plans by hand, and laws over random programs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.graph.arena import ALIGNMENT_BYTES, Buffer, _best_gap, plan
from bnn_designer.graph.liveness import Timeline, timeline
from bnn_designer.graph.passes import Operator, Program, Value

KINDS = ("CONV_2D", "ADD", "MUL", "RELU", "LceQuantize", "CONCATENATION")


def operator(name: str, kind: str, inputs: tuple[str, ...], floats: int, im2col: int = 0) -> Operator:
    scratch = Value(f"{name}.im2col", (im2col,)) if im2col else None
    return Operator(name, kind, name, name, (), inputs, (), Value(name, (floats,)), im2col=scratch)


def program(*operators: Operator, image: int = 16) -> Program:
    return Program("net", Value("input", (image,)), operators)


def offsets(found: Timeline) -> dict[str, int]:
    return {span.buffer.name: span.offset for span in found.spans}


def shared(net: Program) -> list[list[str]]:
    """The values of each buffer, in turn, in the order in which the buffers are first written."""
    held: dict[Buffer, list[str]] = {}
    for span in timeline(net).spans:
        held.setdefault(span.buffer, []).append(span.name)
    return list(held.values())


def test_a_chain_alternates_behind_the_image() -> None:
    found = timeline(program(*(operator(f"l{i}", "CONV_2D", (f"l{i - 1}" if i else "input",), 32) for i in range(4))))
    # The image (16 floats, 64 bytes) stays; neighbors overlap in time, so two places of 128 bytes take turns.
    assert offsets(found) == {"input": 0, "l0": 64, "l1": 192, "l2": 64, "l3": 192}
    assert found.arena_bytes == 64 + 2 * 128
    assert [step.live_bytes for step in found.steps] == [64 + 128, 64 + 2 * 128, 64 + 2 * 128, 64 + 2 * 128]
    assert found.peak.index == 1


def test_elementwise_operators_work_in_place() -> None:
    net = program(
        operator("a", "CONV_2D", ("input",), 32),
        operator("b", "CONV_2D", ("a",), 32),
        operator("sum", "ADD", ("b", "a"), 32),
        operator("end", "CONV_2D", ("sum",), 1),
    )
    found = timeline(net)
    assert found.arena_bytes == 64 + 2 * 128 + 0
    assert shared(net) == [["input"], ["a"], ["b", "sum"], ["end"]]
    assert [span.name for span in found.steps[2].live] == ["input", "a", "sum"]


def test_but_never_over_the_image_or_what_is_read_later() -> None:
    net = program(
        operator("a", "ADD", ("input", "input"), 16),
        operator("b", "MUL", ("a",), 16),
        operator("c", "ADD", ("b", "a"), 16),
    )
    assert shared(net) == [["input"], ["a"], ["b", "c"]]


def test_working_memory_lives_for_one_operator() -> None:
    net = program(operator("a", "CONV_2D", ("input",), 16, im2col=64), operator("b", "CONV_2D", ("a",), 16, im2col=64))
    scratch = [(span.first, span.last) for span in timeline(net).spans if span.role == "working memory"]
    assert scratch == [(0, 0), (1, 1)]
    assert timeline(net).arena_bytes == 64 + 256 + 2 * 64  # both unfold into the same 256 bytes


def test_the_smallest_gap_that_fits_is_taken_and_starts_are_aligned() -> None:
    net = program(
        operator("big", "CONV_2D", ("input",), 100),
        operator("small", "CONV_2D", ("big",), 1),
        operator("next", "CONV_2D", ("small",), 90),
        image=1,
    )
    placed = offsets(timeline(net))
    assert placed["big"] == 64  # behind the image's 4 bytes, at the next multiple of 64
    assert placed["small"] == 64 + 448  # 400 bytes end at 464; the next multiple of 64 is 512
    assert placed["next"] == 64  # big is gone


def test_of_two_gaps_the_smaller_one_is_taken() -> None:
    taken = [(0, 64), (192, 64), (320, 64)]  # gaps of 128 bytes from 64 on, and of 64 from 256 on
    assert _best_gap(taken, 64, 64) == 256
    assert _best_gap(taken, 65, 64) == 64
    assert _best_gap(taken, 129, 64) == 384
    assert _best_gap([], 5, 64) == 0


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Operators that read the last values or any earlier one, of all sizes, some with working memory."""
    values = ["input"]
    operators = []
    for index in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(KINDS))
        inputs = (values[-1], draw(st.sampled_from(values))) if kind in ("ADD", "CONCATENATION") else (values[-1],)
        size = draw(st.sampled_from([1, 15, 16, 33, 64, 64, 64, 200]))
        im2col = draw(st.sampled_from([0, 0, 50, 300])) if kind == "CONV_2D" else 0
        operators.append(operator(f"l{index}", kind, inputs, size, im2col))
        values.append(f"l{index}")
    return program(*operators, image=draw(st.integers(1, 100)))


@settings(deadline=None, max_examples=200)
@given(programs())
def test_what_is_alive_at_once_never_overlaps(net: Program) -> None:
    for step in timeline(net).steps:
        assert all(before.end <= after.offset for before, after in pairwise(step.by_offset))


@settings(deadline=None, max_examples=200)
@given(programs())
def test_the_arena_is_never_below_the_live_lower_bound(net: Program) -> None:
    found = timeline(net)
    buffers = {span.buffer for span in found.spans}
    assert found.arena_bytes >= found.live_lower_bound_bytes
    assert all(span.offset % ALIGNMENT_BYTES == 0 for span in found.spans)
    for step in found.steps:
        assert step.live_bytes == sum(one.size_bytes for one in buffers if one.first <= step.index <= one.last)


@settings(deadline=None, max_examples=200)
@given(programs())
def test_inputs_and_outputs_are_in_memory_while_an_operator_runs(net: Program) -> None:
    alive = [{span.name for span in step.live} for step in timeline(net).steps]
    for op, names in zip(net.operators, alive, strict=True):
        assert op.output.name in names
        assert "input" in names
        lost = set(op.inputs) - names
        # What is gone is the one that the output took over.
        assert len(lost) <= 1
        assert all(net.values[name].size_bytes == op.output.size_bytes for name in lost)
    assert net.output.name in alive[-1]


def test_what_lives_throughout_is_placed_first_and_then_the_larger_one() -> None:
    small, large = Buffer("small", 64, 0, 2), Buffer("large", 128, 1, 2)
    assert plan([small, large]).offsets == (128, 0)
    assert plan([replace(small, throughout=True), large]).offsets == (0, 64)
    assert plan([]).size_bytes == 0


def test_buffers_of_which_one_is_gone_before_the_other_is_there_share_a_place() -> None:
    arena = plan([Buffer("a", 100, 0, 1), Buffer("b", 60, 1, 2), Buffer("c", 100, 2, 2)])
    assert arena.offsets == (0, 128, 0)
    assert arena.size_bytes == 128 + 60


#: Sizes, first steps, steps more, alignments.
drawn_buffers = st.lists(
    st.builds(
        lambda size, first, more, alignment: Buffer("one", size, first, first + more, alignment_bytes=alignment),
        st.integers(1, 300),
        st.integers(0, 8),
        st.integers(0, 4),
        st.sampled_from([1, 4, 64, 256]),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=200)
@given(drawn_buffers)
def test_buffers_in_use_at_one_step_are_apart_and_aligned(buffers: list[Buffer]) -> None:
    arena = plan(buffers)
    placed = list(zip(buffers, arena.offsets, strict=True))
    assert all(offset % one.alignment_bytes == 0 for one, offset in placed)
    assert arena.size_bytes == max((offset + one.size_bytes for one, offset in placed), default=0)
    for step in range(13):
        live = sorted((at, at + one.size_bytes) for one, at in placed if one.first <= step <= one.last)
        assert all(end <= start for (_, end), (start, _) in pairwise(live))
