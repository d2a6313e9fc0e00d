"""Blocks as text for the clipboard. What is done with a text is in test_several.py."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.blocks import BinaryConv, Conv, Head
from bnn_designer.design.clipboard import block_texts, blocks_in, joined
from bnn_designer.design.moves import paste_blocks
from bnn_designer.design.presets import preset
from tests.design.test_edits import anonymous
from tests.strategies import designs


@given(designs())
def test_the_text_of_a_block_gives_the_same_block(design: Design) -> None:
    found = block_texts(design.blocks)
    assert set(found) == {block.id for _, block in walk(design.blocks)}
    for block in design.blocks:
        pasted = apply_edit(Design(), paste_blocks(Design(), found[block.id], None)).blocks
        assert [anonymous(one) for one in pasted] == [anonymous(block)]


@given(designs().filter(lambda design: design.blocks))
def test_texts_with_ids_give_the_very_same_blocks(design: Design) -> None:
    texts = block_texts(design.blocks, with_ids=True)
    assert blocks_in(joined(texts[block.id] for block in design.blocks)) == design.blocks


def test_a_text_has_what_is_not_as_by_default_and_no_ids() -> None:
    design = Design(blocks=(Conv(id="stem", filters=8), BinaryConv(id="next", filters=8, strides=2), Head(id="end")))
    texts = block_texts(design.blocks)
    assert json.loads(texts["stem"]) == {"kind": "conv", "filters": 8}
    assert json.loads(texts["next"]) == {"kind": "binary_conv", "filters": 8, "strides": [2, 2]}
    assert texts["end"] == '{"kind": "head"}'


@pytest.mark.parametrize("name", ["bi-real-cifar", "quicknet", "group-net-18"])
def test_a_whole_network_goes_through_the_clipboard(name: str) -> None:
    design = preset(name)
    texts = block_texts(design.blocks)
    pasted = paste_blocks(Design(), joined(texts[block.id] for block in design.blocks), None)
    assert [anonymous(block) for block in apply_edit(Design(), pasted).blocks] == [
        anonymous(block) for block in design.blocks
    ]
