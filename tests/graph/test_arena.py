"""The arena planner: small plans by hand, and laws over random programs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.graph.arena import ALIGNMENT_BYTES, Arena, _best_gap, plan
from bnn_designer.graph.liveness import buffers, liveness
from bnn_designer.graph.passes import Operator, Program, Value

KINDS = ("CONV_2D", "ADD", "MUL", "RELU", "LceQuantize", "CONCATENATION")


def operator(name: str, kind: str, inputs: tuple[str, ...], floats: int, im2col: int = 0) -> Operator:
    scratch = Value(f"{name}.im2col", (im2col,)) if im2col else None
    return Operator(name, kind, name, name, (), inputs, (), Value(name, (floats,)), im2col=scratch)


def program(*operators: Operator, image: int = 16) -> Program:
    return Program("net", Value("input", (image,)), operators)


def offsets(arena: Arena) -> dict[str, int]:
    return {placed.buffer.name: placed.offset for placed in arena.placements}


def test_a_chain_alternates_behind_the_image() -> None:
    arena = plan(program(*(operator(f"l{i}", "CONV_2D", (f"l{i - 1}" if i else "input",), 32) for i in range(4))))
    # The image (16 floats, 64 bytes) stays; neighbors overlap in time, so two places of 128 bytes take turns.
    assert offsets(arena) == {"input": 0, "l0": 64, "l1": 192, "l2": 64, "l3": 192}
    assert arena.size_bytes == 64 + 2 * 128
    assert arena.live_bytes == (64 + 128, 64 + 2 * 128, 64 + 2 * 128, 64 + 2 * 128)
    assert arena.peak_index == 1


def test_elementwise_operators_work_in_place() -> None:
    net = program(
        operator("a", "CONV_2D", ("input",), 32),
        operator("b", "CONV_2D", ("a",), 32),
        operator("sum", "ADD", ("b", "a"), 32),
        operator("end", "CONV_2D", ("sum",), 1),
    )
    arena = plan(net)
    assert arena.size_bytes == 64 + 2 * 128 + 0
    assert [buffer.name for buffer in buffers(net)] == ["input", "a", "b", "end"]
    assert [value.name for value in buffers(net)[2].values] == ["b", "sum"]
    assert [value.name for value in liveness(net)[2].live] == ["input", "a", "sum"]


def test_but_never_over_the_image_or_what_is_read_later() -> None:
    net = program(
        operator("a", "ADD", ("input", "input"), 16),
        operator("b", "MUL", ("a",), 16),
        operator("c", "ADD", ("b", "a"), 16),
    )
    assert [[value.name for value in buffer.values] for buffer in buffers(net)] == [["input"], ["a"], ["b", "c"]]


def test_working_memory_lives_for_one_operator() -> None:
    net = program(operator("a", "CONV_2D", ("input",), 16, im2col=64), operator("b", "CONV_2D", ("a",), 16, im2col=64))
    scratch = [(buffer.first, buffer.last) for buffer in buffers(net) if buffer.scratch]
    assert scratch == [(0, 0), (1, 1)]
    assert plan(net).size_bytes == 64 + 256 + 2 * 64  # both unfold into the same 256 bytes


def test_the_smallest_gap_that_fits_is_taken_and_starts_are_aligned() -> None:
    net = program(
        operator("big", "CONV_2D", ("input",), 100),
        operator("small", "CONV_2D", ("big",), 1),
        operator("next", "CONV_2D", ("small",), 90),
        image=1,
    )
    placed = offsets(plan(net))
    assert placed["big"] == 64  # behind the image's 4 bytes, at the next multiple of 64
    assert placed["small"] == 64 + 448  # 400 bytes end at 464; the next multiple of 64 is 512
    assert placed["next"] == 64  # big is gone


def test_of_two_gaps_the_smaller_one_is_taken() -> None:
    taken = [(0, 64), (192, 64), (320, 64)]  # gaps of 128 bytes from 64 on, and of 64 from 256 on
    assert _best_gap(taken, 64) == 256
    assert _best_gap(taken, 65) == 64
    assert _best_gap(taken, 129) == 384
    assert _best_gap([], 5) == 0


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
    arena = plan(net)
    for index in range(len(net.operators)):
        live = sorted(
            (placed.offset, placed.end)
            for placed in arena.placements
            if placed.buffer.first <= index <= placed.buffer.last
        )
        assert all(end <= start for (_, end), (start, _) in pairwise(live))


@settings(deadline=None, max_examples=200)
@given(programs())
def test_the_arena_is_never_below_the_live_lower_bound(net: Program) -> None:
    arena = plan(net)
    assert arena.size_bytes >= arena.live_lower_bound_bytes
    assert all(placed.offset % ALIGNMENT_BYTES == 0 for placed in arena.placements)
    assert arena.live_bytes == tuple(step.live_bytes for step in liveness(net))


@settings(deadline=None, max_examples=200)
@given(programs())
def test_inputs_and_outputs_are_in_memory_while_an_operator_runs(net: Program) -> None:
    alive = [{value.name for value in step.live} for step in liveness(net)]
    for op, names in zip(net.operators, alive, strict=True):
        assert op.output.name in names
        assert "input" in names
        lost = set(op.inputs) - names
        # What is gone is the one that the output took over.
        assert len(lost) <= 1
        assert all(net.values[name].size_bytes == op.output.size_bytes for name in lost)
    assert net.output.name in alive[-1]
