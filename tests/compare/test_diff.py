"""The diff of two designs: which block is which, what changed, and that the parts add up."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnn_designer.compare import BlockDiff, DesignDiff, Unknown, diff
from bnn_designer.cost import cost
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Add, Move, Remove, Update, UpdateDesign, WrapInShortcut
from tests.strategies import designs, edits_of, networks

NORM = b.BatchNormOptions()


def small() -> Design:
    blocks = (
        b.Conv(id="a", filters=32, batch_norm=NORM),
        b.BinaryConv(id="b", filters=32, batch_norm=NORM),
        b.BinaryConv(id="c", filters=32, batch_norm=NORM),
        b.GlobalPool(id="g"),
        b.Head(id="h"),
    )
    return Design(name="small", blocks=blocks)


def states(found: DesignDiff) -> dict[str, tuple[str, ...]]:
    return {str(block.path_after or block.path_before): block.states for block in found.blocks if block.states}


def block_of(found: DesignDiff, path: str) -> BlockDiff:
    return next(block for block in found.blocks if path in (block.path_after, block.path_before))


def test_a_changed_field_and_what_it_costs() -> None:
    after = apply_edit(
        small(), Update(block_id="c", changes={"filters": 64, "batch_norm": NORM.model_dump() | {"momentum": 0.99}})
    )
    found = diff(small(), after)
    assert states(found) == {"c": ("changed",)}
    block = block_of(found, "c")
    assert [(one.field, one.before, one.after) for one in block.changes] == [
        ("filters", 32, 64),
        ("batch_norm.momentum", 0.9, 0.99),
    ]
    # 3 * 3 * 32 weights of one bit for each of 32 new filters, and two numbers of their batch norm.
    assert block.costs["larq_bytes"] == 32 * (3 * 3 * 32 // 8 + 2 * 4)
    assert block.costs["macs"] == 3 * 3 * 32 * 32 * 32 * 32
    # The head, whose fields are the same, has 10 weights more for each new channel.
    assert block_of(found, "h").costs["larq_bytes"] == 32 * 10 * 4


def test_added_removed_and_moved() -> None:
    added = apply_edit(small(), Add(block=b.BatchNorm(id="n"), index=2))
    assert states(diff(small(), added)) == {"n": ("added",)}
    assert states(diff(added, small())) == {"n": ("removed",)}
    assert states(diff(small(), apply_edit(small(), Move(block_id="b", index=2)))) in (
        {"b": ("moved",)},
        {"c": ("moved",)},
    )
    wrapped = diff(small(), apply_edit(small(), WrapInShortcut(block_ids=("b",))))
    assert states(wrapped) == {"shortcut_1": ("added",), "shortcut_1/b": ("moved",)}
    assert block_of(wrapped, "shortcut_1/b").path_before == "b"


def test_blocks_with_other_ids_are_aligned_by_kind_and_position() -> None:
    renamed = Design.from_data(
        small().model_dump(mode="json")
        | {"blocks": [block.model_dump(mode="json") | {"id": f"{block.id}2"} for block in small().blocks]}
    )
    found = diff(small(), renamed)
    assert found.same
    assert [block.path_before for block in found.blocks] == ["a", "b", "c", "g", "h"]
    fewer = apply_edit(renamed, Remove(block_id="b2"))
    assert states(diff(small(), fewer)) == {"c": ("removed",)}


def test_the_documents_own_fields() -> None:
    found = diff(small(), apply_edit(small(), UpdateDesign(changes={"name": "other", "classes": 2})))
    assert [(one.field, one.before, one.after) for one in found.design_changes] == [
        ("name", "small", "other"),
        ("classes", 10, 2),
    ]


def test_a_design_that_does_not_lower_has_unknown_costs() -> None:
    found = diff(small(), apply_edit(small(), Remove(block_id="h")))
    assert states(found) == {"h": ("removed",)}
    difference = found.totals_difference["macs"]
    assert isinstance(difference, Unknown)
    assert "does not end in a head" in difference.reason


@given(designs())
def test_a_design_is_the_same_as_itself(design: Design) -> None:
    assert diff(design, design).same


@given(designs(), st.data())
def test_every_block_is_in_the_diff_once(design: Design, data: st.DataObject) -> None:
    after = apply_edit(design, data.draw(edits_of(design)))
    found = diff(design, after)
    before_paths = [block.path_before for block in found.blocks if block.path_before is not None]
    after_paths = [block.path_after for block in found.blocks if block.path_after is not None]
    assert sorted(before_paths) == sorted(path for path, _ in walk(design.blocks))
    assert after_paths == [path for path, _ in walk(after.blocks)]


@settings(max_examples=40)
@given(networks(), networks())
def test_blocks_add_up_to_the_totals(before: Design, after: Design) -> None:
    found = diff(before, after)
    assume(not any(isinstance(one["macs"], Unknown) for one in (found.totals_before, found.totals_after)))
    macs = sum(block.costs["macs"] for block in found.blocks)  # type: ignore[misc]
    assert macs == found.totals_difference["macs"] == cost(after).larq.macs - cost(before).larq.macs
