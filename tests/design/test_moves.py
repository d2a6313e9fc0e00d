from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import BLOCK_KINDS, Design, apply_edit, walk
from bnn_designer.design.blocks import BinaryConv, Conv
from bnn_designer.design.edits import Add
from bnn_designer.design.moves import new_block
from tests.strategies import designs, places


@given(designs(), st.sampled_from(sorted(BLOCK_KINDS)), st.none() | st.integers(1, 4096), st.data())
def test_every_kind_can_be_added_anywhere(design: Design, kind: str, channels: int | None, data: st.DataObject) -> None:
    place = data.draw(places(design))
    after = apply_edit(design, Add(block=new_block(BLOCK_KINDS[kind], channels), **place))
    assert len(list(walk(after.blocks))) == len(list(walk(design.blocks))) + 1


def test_a_new_convolution_keeps_the_channels_it_reads() -> None:
    assert new_block(BinaryConv, 128) == BinaryConv(filters=128, batch_norm=new_block(Conv, 3).batch_norm)  # type: ignore[union-attr]
    assert new_block(Conv, 3).filters == 32  # type: ignore[union-attr]
