"""The Export page: a network, the targets with a line each, and the one that is chosen."""

from __future__ import annotations

import streamlit as st

from bnn_designer.export import TARGETS
from bnn_designer.ui.export.choice_view import chosen_network, draw_network, draw_targets
from bnn_designer.ui.export.networks import trained
from bnn_designer.ui.export.target_view import draw_target
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.look import escape_markdown


def draw_export() -> None:
    """All of it; what may be exported to where can be read before there is a network."""
    network, reason = chosen_network()
    runs = trained(state.store(), state.store().runs())
    if not draw_network(network, runs):
        st.info("There is nothing to export yet: no design, and no run that has ended.")
        with st.container(horizontal=True):
            st.page_link("pages/design.py", label="**Make a design**", query_params=tab.link_parameters())
            st.page_link("pages/train.py", label="**Train one**", query_params=tab.link_parameters())
    if reason:
        st.info(escape_markdown(reason))
    with st.container(key="export_page"):
        left, right = st.columns([2, 3], gap="large")
    with left:
        name = draw_targets(None if network is None else network.source)
    with right, st.container(border=True, key="export_target"):
        if network is None:
            st.caption("Choose a network above to see what of it runs in bits there, and to export it.")
        else:
            draw_target(network, TARGETS[name], runs)
