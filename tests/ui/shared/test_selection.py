from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, Head
from bnn_designer.ui.shared import state
from tests.ui.tab import Tab

DESIGN = Design(blocks=(Conv(id="first", filters=8), BinaryConv(id="second", filters=8), Head(id="end")))


def _address(block: str) -> None:
    st.query_params["block"] = block


def test_a_link_to_a_block_selects_it() -> None:
    assert Tab(block="second")(state.selected_blocks, DESIGN) == ("second",)
    assert Tab(block="gone")(state.selected_blocks, DESIGN) == ()
    assert Tab()(state.selected_blocks, DESIGN) == ()


def test_an_older_address_that_the_browser_sends_along_selects_nothing() -> None:
    tab = Tab(block="first")
    assert tab(state.selected_blocks, DESIGN) == ("first",)
    tab(state.select, ("second", "end"))
    tab(_address, "first")
    assert tab(state.selected_blocks, DESIGN) == ("second", "end")
    assert tab(lambda: st.query_params["block"]) == "second"


def test_what_is_no_longer_in_the_design_is_not_selected() -> None:
    tab = Tab()
    tab(state.select, ("first", "gone"))
    assert tab(state.selected_blocks, DESIGN) == ("first",)
    assert tab(state.selected_block, DESIGN) == "first"
