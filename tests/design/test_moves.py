from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import BLOCK_KINDS, Design, apply_edit, walk
from bnn_designer.design.blocks import Activation, BinaryConv, Conv, Flatten, Head, Shortcut
from bnn_designer.design.moves import add_after, following, move_down, move_up, new_block
from tests.strategies import designs


def _order(design: Design) -> list[str]:
    return [path for path, _ in walk(design.blocks)]


@given(designs().filter(lambda design: design.blocks), st.data())
def test_a_step_down_is_taken_back_by_a_step_up(design: Design, data: st.DataObject) -> None:
    _, block = data.draw(st.sampled_from(list(walk(design.blocks))))
    step = move_down(design, block.id)
    if step is None:
        assert design.blocks[-1].id == block.id
        return
    moved = apply_edit(design, step)
    back = move_up(moved, block.id)
    assert back is not None
    assert apply_edit(moved, back) == design


@given(designs().filter(lambda design: design.blocks), st.data())
def test_only_the_first_block_cannot_go_up(design: Design, data: st.DataObject) -> None:
    _, block = data.draw(st.sampled_from(list(walk(design.blocks))))
    assert (move_up(design, block.id) is None) == (design.blocks[0].id == block.id)


def test_a_block_walks_through_a_shortcut() -> None:
    design = Design(blocks=(Activation(id="a"), Shortcut(id="s", body=(Flatten(id="f"),))))
    seen = [_order(design)]
    for _ in range(3):
        step = move_down(design, "a")
        assert step is not None
        design = apply_edit(design, step)
        seen.append(_order(design))
    assert move_down(design, "a") is None
    assert seen == [["a", "s", "s/f"], ["s", "s/a", "s/f"], ["s", "s/f", "s/a"], ["s", "s/f", "a"]]


def test_a_block_that_is_gone_goes_nowhere() -> None:
    assert move_up(Design(), "gone") is move_down(Design(), "gone") is None
    assert following(Design(), "gone") == ()


def test_a_new_block_goes_behind_the_selected_one() -> None:
    design = Design(blocks=(Activation(id="a"), Shortcut(id="s", body=(Flatten(id="f"),)), Head(id="h")))
    added = {
        selected: _order(apply_edit(design, add_after(design, Activation(id="new"), selected)))
        for selected in ("a", "f", "s", "h", None)
    }
    assert added["a"] == ["a", "new", "s", "s/f", "h"]
    assert added["f"] == ["a", "s", "s/f", "s/new", "h"]
    assert added["s"] == added["h"] == added[None] == ["a", "s", "s/f", "new", "h"]


def test_a_new_block_goes_into_an_empty_shortcut() -> None:
    design = Design(blocks=(Shortcut(id="s"),))
    assert _order(apply_edit(design, add_after(design, Activation(id="new"), "s"))) == ["s", "s/new"]


@given(designs(), st.sampled_from(sorted(BLOCK_KINDS)), st.none() | st.integers(1, 4096), st.data())
def test_every_kind_can_be_added_anywhere(design: Design, kind: str, channels: int | None, data: st.DataObject) -> None:
    selected = data.draw(st.sampled_from([None, *(block.id for _, block in walk(design.blocks))]))
    after = apply_edit(design, add_after(design, new_block(BLOCK_KINDS[kind], channels), selected))
    assert len(_order(after)) == len(_order(design)) + 1


def test_a_new_convolution_keeps_the_channels_it_reads() -> None:
    assert new_block(BinaryConv, 128) == BinaryConv(filters=128, batch_norm=new_block(Conv, 3).batch_norm)  # type: ignore[union-attr]
    assert new_block(Conv, 3).filters == 32  # type: ignore[union-attr]
