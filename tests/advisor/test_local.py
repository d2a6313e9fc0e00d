"""Checking a fix from the blocks that it touches gives the answer that lowering the whole design gives."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnn_designer.advisor import advise, fix_all
from bnn_designer.advisor.local import Places, Row
from bnn_designer.design import Design, apply_edit, positions, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Add, Edit, Move, Remove, Unwrap, Update, UpdateDesign, WrapInShortcut
from bnn_designer.design.validation import MAX_BLOCKS, MAX_DEPTH
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.graph.lowering import shapes_by_block
from tests import strategies

NORM = b.BatchNormOptions()


def places_of(design: Design) -> Places:
    where = {position.block.id: position for position in positions(design.blocks)}
    return Places(design, where, shapes_by_block(design))


def lowers(design: Design, edits: tuple[Edit, ...]) -> bool:
    try:
        for edit in edits:
            design = apply_edit(design, edit)
        lower(design)
    except DesignError:
        return False
    return True


def network(*body: b.Block) -> Design:
    return Design(
        name="small", blocks=(b.Conv(id="stem", filters=32), *body, b.GlobalPool(id="end"), b.Head(id="head"))
    )


def conv(name: str, **fields: object) -> b.BinaryConv:
    return b.BinaryConv.model_validate({"id": name, "filters": 32} | fields)


def field_changes(design: Design) -> st.SearchStrategy[Edit]:
    """Updates of fields that decide about shapes, whether the block has them or not."""
    changes = st.sampled_from([
        {"filters": 5}, {"filters": 32}, {"kernel_size": 9}, {"padding": "valid"}, {"strides": 2}, {"groups": 2},
        {"units": 6}, {"times": 2}, {"merge": "concatenate"}, {"pool": "max"}, {"classifier": "none"},
    ])  # fmt: skip
    names = [block.id for _, block in walk(design.blocks)]
    return st.builds(
        lambda name, change: Update(block_id=name, changes=change), st.sampled_from(names or ["x"]), changes
    )


@settings(max_examples=300)
@given(strategies.networks(), st.data())
def test_the_answer_is_that_of_the_whole_design_or_none(design: Design, data: st.DataObject) -> None:
    edits: list[Edit] = []
    changed = design
    for _ in range(data.draw(st.integers(1, 3))):
        edit = data.draw(field_changes(changed) | strategies.edits_of(changed))
        try:
            changed = apply_edit(changed, edit)
        except DesignError:
            break
        edits.append(edit)
    assume(lowers(design, ()))
    found = places_of(design).still_lowers(tuple(edits))
    assert found in (None, lowers(design, tuple(edits)))


def test_a_change_of_shape_is_followed_for_some_blocks() -> None:
    design = network(conv("a"), conv("b"), *(b.Activation() for _ in range(9)), conv("c"))
    places = places_of(design)
    wider: tuple[Edit, ...] = (Update(block_id="a", changes={"filters": 64}),)
    assert places.still_lowers(wider) is True  # b makes of it what it made
    assert places.still_lowers((Update(block_id="b", changes={"filters": 64}),)) is None
    assert places.still_lowers((Update(block_id="a", changes={"groups": 5}),)) is False
    assert places.still_lowers((UpdateDesign(changes={"classes": 3}),)) is None
    assert places.still_lowers(()) is None


def test_a_block_in_a_repeat_is_checked_for_each_shape_that_it_reads() -> None:
    """A kernel of 20 fits into the first map of 32 pixels, and not into the second of 13."""
    body = (conv("x", kernel_size=1, padding="valid", strides=1), b.PoolBatchNorm(pool_size=2))
    places = places_of(network(b.Repeat(times=2, body=body)))
    assert places.still_lowers((Update(block_id="x", changes={"batch_norm": {}}),)) is True
    assert places.still_lowers((Update(block_id="x", changes={"kernel_size": 20}),)) is False


def test_what_would_be_too_deep_or_too_much_is_refused() -> None:
    deep: b.Block = conv("x")
    for _ in range(MAX_DEPTH - 1):
        deep = b.Sequence(body=(deep,))
    wrapped: tuple[Edit, ...] = (WrapInShortcut(block_ids=("x",)),)
    assert places_of(network(deep)).still_lowers(wrapped) is False
    assert places_of(network(b.Sequence(body=(conv("x"),)))).still_lowers(wrapped) is True
    full = network(conv("x"), *(b.Dropout() for _ in range(MAX_BLOCKS - 4)))
    assert places_of(full).still_lowers(wrapped) is False
    assert places_of(full).still_lowers((Update(block_id="x", changes={"pad_values": 0}),)) is True


def test_rows() -> None:
    design = network(b.Shortcut(id="s", body=(conv("a"), conv("b"))), b.Branches(id="p", body=(conv("c"), conv("d"))))
    places = places_of(design)
    assert places.row((Update(block_id="a", changes={}),)) == Row("s", 0, 0)
    assert places.row((Remove(block_id="a"), WrapInShortcut(block_ids=("b",)))) == Row("s", 0, 1)
    assert places.row((Remove(block_id="a"), Remove(block_id="d"))) == Row(None, 1, 2)
    assert places.row((Update(block_id="c", changes={}),)) == Row("p", 0, 0)
    assert places.row((Remove(block_id="c"), Remove(block_id="d"))) == Row(None, 2, 2)  # paths do not follow each other
    assert places.row((Add(block=conv("e"), parent="p", index=1),)) == Row(None, 2, 2)
    assert places.row((Move(block_id="a", parent=None, index=3),)) == Row(None, 1, 3)
    assert places.row((Unwrap(block_id="s"),)) == Row(None, 1, 1)


def test_fixes_of_one_round_each_land_in_their_place() -> None:
    """Thirty pools become their batch norms, though each fix counts places of the row as it was."""
    body = [
        block for _ in range(30) for block in (b.PoolBatchNorm(pool_size=1), b.Dropout(rate=0.0), b.Conv(filters=32))
    ]
    design = network(*body)
    fixed = fix_all(design)
    kinds = [block.kind for _, block in walk(fixed.design.blocks)]
    assert kinds == ["conv", *["batch_norm", "conv"] * 30, "global_pool", "head"]
    assert len([one for one in fixed.applied if one.rule == "changes-nothing"]) == 60
    assert not fixed.left


def test_fixes_that_exclude_each_other_are_tried_apart() -> None:
    """Each of the two convolutions could have 40 filters, and their sum then would not fit: neither is offered, or one
    is refused; what is left is a network all the same."""
    paths = tuple(b.Sequence(body=(conv(name, filters=36), b.Conv(filters=32))) for name in ("x", "y"))
    fixed = fix_all(network(b.Branches(body=paths)))
    lower(fixed.design)
    assert not [one for one in fixed.left if one.fix]


def test_fixes_of_one_rule_only() -> None:
    design = network(conv("x", pad_values=0, kernel_constraint=None))
    fixed = fix_all(design, "pad-values")
    assert {one.rule for one in fixed.applied} == {"pad-values"}
    assert fixed.design == apply_edit(design, Update(block_id="x", changes={"pad_values": 1}))
    assert "weight-clipping" in {one.rule for one in fixed.left} == {one.rule for one in advise(fixed.design)}
