from __future__ import annotations

from bnn_designer.design import BLOCK_KINDS
from bnn_designer.ui.design.canvas.likely import LIKELY


def test_every_kind_has_a_row_but_the_head_behind_which_nothing_comes() -> None:
    assert set(LIKELY) == {"", *BLOCK_KINDS} - {"head"}


def test_every_row_names_three_kinds_that_there_are() -> None:
    for kinds in LIKELY.values():
        assert len(set(kinds)) == len(kinds) == 3
        assert set(kinds) <= set(BLOCK_KINDS)


def test_every_network_can_be_ended_by_likely_blocks_alone() -> None:
    """From the image on, the first menu entries lead to a head."""
    reached, ahead = {""}, [""]
    while ahead:
        for kind in LIKELY.get(ahead.pop(), ()):
            if kind not in reached:
                reached.add(kind)
                ahead.append(kind)
    assert "head" in reached
