from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.cost.partial import figures
from bnn_designer.design import BLOCK_KINDS, Design, walk
from bnn_designer.design.blocks import (
    BatchNormOptions,
    BinaryConv,
    Container,
    Conv,
    Dropout,
    Flatten,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Repeat,
    Shortcut,
)
from bnn_designer.design.presets import preset
from bnn_designer.errors import DesignError
from bnn_designer.ui.design.canvas.operations import HISTORY, Operation, apply_operation, edit_of
from tests.design.test_edits import anonymous, paths
from tests.design.test_several import lettered
from tests.strategies import designs, json_values


def applied(design: Design, kind: str, **rest: Any) -> Design:
    return apply_operation(design, {"kind": kind, **rest})


OPERATIONS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("add", {"block_kind": "flatten", "parent": None, "index": 0}, ["flatten_1", *"ab", "s", "s/c", "s/d", *"eh"]),
    ("add", {"block_kind": "flatten", "parent": "s", "index": 2}, [*"ab", "s", "s/c", "s/d", "s/flatten_1", *"eh"]),
    ("move", {"ids": ["a"], "parent": "s", "index": 1}, ["b", "s", "s/c", "s/a", "s/d", *"eh"]),
    ("move", {"ids": ["e", "a"], "parent": None, "index": 2}, [*"bae", "s", "s/c", "s/d", "h"]),
    ("step", {"ids": ["b"], "direction": "up"}, [*"ba", "s", "s/c", "s/d", *"eh"]),
    ("step", {"ids": ["c"], "direction": "out"}, [*"ab", "s", "s/d", *"ceh"]),
    ("step", {"ids": ["a"], "direction": "up"}, [*"ab", "s", "s/c", "s/d", *"eh"]),
    ("remove", {"ids": ["a", "s"]}, ["b", "e", "h"]),
    ("duplicate", {"ids": ["a"]}, ["a", "activation_1", "b", "s", "s/c", "s/d", *"eh"]),
    (
        "wrap",
        {"ids": ["a", "b"], "holder": "repeat"},
        ["repeat_1", "repeat_1/a", "repeat_1/b", "s", "s/c", "s/d", *"eh"],
    ),
    ("unwrap", {"ids": ["s"]}, [*"abcdeh"]),
    ("paste", {"text": '{"kind": "flatten"}', "after": "c"}, [*"ab", "s", "s/c", "s/flatten_1", "s/d", *"eh"]),
    ("paste", {"text": '{"kind": "flatten"}'}, [*"ab", "s", "s/c", "s/d", "e", "flatten_1", "h"]),
]


@pytest.mark.parametrize(("kind", "rest", "expected"), OPERATIONS)
def test_what_an_operation_does(kind: str, rest: dict[str, Any], expected: list[str]) -> None:
    assert paths(applied(lettered(), kind, **rest)) == expected


@pytest.mark.parametrize("kind", HISTORY)
def test_history_is_no_edit_of_the_document(kind: str) -> None:
    with pytest.raises(DesignError, match="not known"):
        applied(lettered(), kind)


# ---- numbers


def test_a_number_is_set() -> None:
    design = Design(blocks=(Conv(id="c", filters=8), Repeat(id="r", times=2), Dropout(id="d", rate=0.5)))
    for block_id, field, value, expected in (
        ("c", "filters", 64, 64),
        ("c", "filters", 64.0, 64),  # JavaScript has one kind of number
        ("c", "kernel_size", 5, (5, 5)),
        ("r", "times", 3, 3),
        ("d", "rate", 0.25, 0.25),
        ("d", "rate", 0, 0),
    ):
        after = applied(design, "set", id=block_id, field=field, value=value)
        assert getattr(after.find(block_id), field) == expected


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("filters", 0, "filters must be at least 1"),
        ("filters", 2.5, "filters"),
        ("filters", 10**400, "filters"),
        ("filters", "8", "a field needs a number"),
        ("filters", True, "a field needs a number"),
        ("filters", None, "a field needs a number"),
        ("filters", float("nan"), "a field needs a number"),
        ("filters", float("inf"), "a field needs a number"),
        (5, 5, "it names no field"),
        (None, 5, "it names no field"),
        ("unknown", 5, "unknown is not a known field"),
        ("id", 5, "id cannot be changed"),
        ("kind", 5, "kind cannot be changed"),
        ("__class__", 5, "not a known field"),
    ],
)
def test_a_number_that_is_refused(field: Any, value: Any, rule: str) -> None:
    with pytest.raises(DesignError, match=rule):
        applied(Design(blocks=(Conv(id="c", filters=8),)), "set", id="c", field=field, value=value)


# ---- what is no operation


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        ({}, "the kind of the edit is not known"),
        ({"kind": None}, "the kind of the edit is not known"),
        ({"kind": ["add"]}, "the kind of the edit is not known"),
        ({"kind": "explode"}, "the kind of the edit is not known"),
        ({"kind": "add"}, "the kind of the block is not known"),
        ({"kind": "add", "block_kind": "explosive"}, "the kind of the block is not known"),
        ({"kind": "add", "block_kind": ["conv"], "parent": None, "index": 0}, "the kind of the block is not known"),
        ({"kind": "add", "block_kind": {}, "parent": None, "index": 0}, "the kind of the block is not known"),
        ({"kind": "add", "block_kind": "conv"}, "it names no place"),
        ({"kind": "add", "block_kind": "conv", "index": "0"}, "it names no place"),
        ({"kind": "add", "block_kind": "conv", "index": True}, "it names no place"),
        ({"kind": "add", "block_kind": "conv", "index": 0.0}, "it names no place"),
        ({"kind": "add", "block_kind": "conv", "parent": 5, "index": 0}, "it names no place"),
        ({"kind": "add", "block_kind": "conv", "parent": "gone", "index": 0}, "there is no block 'gone'"),
        ({"kind": "add", "block_kind": "conv", "parent": "a", "index": 0}, "cannot hold blocks"),
        ({"kind": "add", "block_kind": "conv", "index": 6}, "no position 6 among 5 blocks"),
        ({"kind": "add", "block_kind": "conv", "index": -1}, "no position -1 among 5 blocks"),
        ({"kind": "move", "index": 0}, "it names no blocks"),
        ({"kind": "move", "ids": ["a"]}, "it names no place"),
        ({"kind": "move", "ids": ["s"], "parent": "s", "index": 0}, "cannot be moved into itself"),
        ({"kind": "step", "ids": ["a"]}, "the direction of the step is not known"),
        ({"kind": "step", "ids": ["a"], "direction": "sideways"}, "the direction of the step is not known"),
        ({"kind": "step", "ids": ["a"], "direction": ["up"]}, "the direction of the step is not known"),
        ({"kind": "step", "ids": ["gone"], "direction": "up"}, "there is no block 'gone'"),
        ({"kind": "remove", "ids": []}, "it names no blocks"),
        ({"kind": "remove", "ids": "a"}, "it names no blocks"),
        ({"kind": "remove", "ids": [["a"]]}, "it names no blocks"),
        ({"kind": "remove", "ids": ["a", 5]}, "it names no blocks"),
        ({"kind": "remove", "ids": ["gone"]}, "there is no block 'gone'"),
        ({"kind": "duplicate", "ids": ["h"]}, "a network has one head"),
        ({"kind": "wrap", "ids": ["a", "b"]}, "kind"),
        ({"kind": "wrap", "ids": ["a", "b"], "holder": "conv"}, "kind must be"),
        ({"kind": "wrap", "ids": ["a", "b"], "holder": {}}, "kind"),
        ({"kind": "wrap", "ids": ["a", "e"], "holder": "repeat"}, "not next to each other"),
        ({"kind": "unwrap", "ids": ["a"]}, "only a block that holds blocks"),
        ({"kind": "set", "id": "gone", "field": "filters", "value": 1}, "there is no block 'gone'"),
        ({"kind": "set", "id": ["a"], "field": "filters", "value": 1}, "there is no block"),
        ({"kind": "paste"}, "holds no blocks"),
        ({"kind": "paste", "text": 5}, "holds no blocks"),
        ({"kind": "paste", "text": "words"}, "holds no blocks"),
    ],
)
def test_what_is_no_operation_is_refused(operation: Operation, rule: str) -> None:
    with pytest.raises(DesignError, match=rule):
        apply_operation(lettered(), operation)


#: What each kind of operation reads.
_READS = {
    "add": ("block_kind", "parent", "index"),
    "move": ("ids", "parent", "index"),
    "step": ("ids", "direction"),
    "remove": ("ids",),
    "duplicate": ("ids",),
    "wrap": ("ids", "holder"),
    "unwrap": ("ids",),
    "set": ("id", "field", "value"),
    "paste": ("text", "after"),
}
_FIELDS = ["filters", "kernel_size", "rate", "label", "batch_norm", "body", "id", "__dict__"]


@st.composite
def operations(draw: st.DrawFn, design: Design) -> dict[str, Any]:
    """What may come from a browser: right, or with one thing in it that may be anything."""
    ids = st.sampled_from([*(block.id for _, block in walk(design.blocks)), "gone"])
    right: dict[str, st.SearchStrategy[Any]] = {
        "block_kind": st.sampled_from(sorted(BLOCK_KINDS)),
        "parent": st.none() | ids,
        "index": st.integers(-1, 6),
        "ids": st.lists(ids, max_size=3),
        "id": ids,
        "direction": st.sampled_from(["up", "down", "in", "out"]),
        "holder": st.sampled_from(["shortcut", "repeat", "branches"]),
        "field": st.sampled_from(_FIELDS),
        "value": st.integers() | st.floats(),
        "text": st.just('[{"kind": "flatten"}]'),
        "after": ids,
    }
    kind = draw(st.sampled_from(sorted(_READS)))
    wrong = draw(st.none() | st.sampled_from(_READS[kind]))
    return {"kind": kind} | {name: draw(json_values if name == wrong else right[name]) for name in _READS[kind]}


@settings(max_examples=300)
@given(designs(max_blocks=3), st.data())
def test_whatever_comes_is_an_edit_or_refused_and_leaves_the_design_alone(design: Design, data: st.DataObject) -> None:
    before = design.to_json()
    operation = data.draw(operations(design))
    with contextlib.suppress(DesignError):
        after = apply_operation(design, operation)
        assert Design.from_json(after.to_json()) == after
    assert design.to_json() == before


@given(json_values.filter(lambda value: isinstance(value, dict)))
def test_any_other_json_object_is_refused(operation: Any) -> None:
    with pytest.raises(DesignError):
        apply_operation(lettered(), operation)


# ---- what is added reads what is there


@pytest.mark.parametrize("kind", ["binary_conv", "conv"])
def test_a_new_convolution_keeps_the_channels_wherever_it_is_put(kind: str) -> None:
    design = preset("bi-real-cifar")
    report = figures(design).report
    assert report is not None
    end = next(index for index, block in enumerate(design.blocks) if isinstance(block, GlobalPool))
    places = [(None, index) for index in range(1, end + 1)]
    for _, block in walk(design.blocks):
        places += [(block.id, index) for index in range(len(block.body) + 1)] if isinstance(block, Container) else []
    assert len(places) > 10
    for parent, index in places:
        after = applied(design, "add", block_kind=kind, parent=parent, index=index)
        new = after.find(
            next(b.id for _, b in walk(after.blocks) if b.id not in {x.id for _, x in walk(design.blocks)})
        )
        assert isinstance(new, BinaryConv | Conv)
        known = figures(after)
        assert known.error is None
        # a kernel of 3 x 3 with as many input as output channels
        assert next(layer for layer in known.layers if layer.block_id == new.id).count.params == 3 * 3 * new.filters**2


def test_a_new_convolution_has_a_batch_norm_and_where_nothing_is_known_32_filters() -> None:
    vector = Design(blocks=(Flatten(), Head()))
    for design, index in ((Design(), 0), (vector, 1), (vector, 0)):
        (new,) = (
            b for b in applied(design, "add", block_kind="conv", parent=None, index=index).blocks if b.kind == "conv"
        )
        assert isinstance(new, Conv)
        assert (new.filters, new.batch_norm) == (32, BatchNormOptions())


def test_what_is_first_inside_a_block_reads_what_that_block_reads() -> None:
    holder = Shortcut(id="s", body=(Conv(id="inner", filters=24), PoolBatchNorm(id="p")))
    design = Design(blocks=(Conv(id="c", filters=48), holder))
    for parent, index, filters in (("s", 0, 48), ("s", 1, 24), ("s", 2, 24), (None, 1, 48)):
        after = applied(design, "add", block_kind="binary_conv", parent=parent, index=index)
        new = after.find("binary_conv_1")
        assert isinstance(new, BinaryConv)
        assert new.filters == filters


def test_a_step_that_is_none_has_no_edit() -> None:
    assert edit_of(lettered(), {"kind": "step", "ids": ["a"], "direction": "up"}) is None


def test_a_copy_is_the_same_up_to_its_id() -> None:
    after = applied(lettered(), "duplicate", ids=["s"])
    assert anonymous(after.blocks[3]) == anonymous(after.blocks[2])
