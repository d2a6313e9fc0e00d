"""Binary kernels: as tiles, and the float weights behind them."""

from __future__ import annotations

import streamlit as st

from bnn_designer.inspection.report import Found, KernelLook
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.inside.charts import latent_chart
from bnn_designer.ui.inside.figures import kernel_rows
from bnn_designer.ui.inside.flips_view import draw_flips
from bnn_designer.ui.inside.layer_choice import PLOT, chosen_layer
from bnn_designer.ui.inside.pictures import picture_html, tiles_picture, tiles_text
from bnn_designer.units import percent_text


def draw_weights(run: RunRecord, found: Found) -> None:
    """The kernels of one layer, and the flips of all."""
    if not found.inside.kernels:
        st.info("No layer of this network has a binary kernel.")
        return
    name = chosen_layer([kernel.name for kernel in found.inside.kernels], run.id)
    kernel = next(one for one in found.inside.kernels if one.name == name)
    picture, latent = st.columns([3, 2], gap="large")
    with picture:
        _draw_tiles(found, kernel)
    with latent:
        _draw_latent(run, kernel)
    draw_flips(run, found, kernel)
    st.markdown("**All layers**")
    st.dataframe(kernel_rows(found), hide_index=True, key=f"kernels_{run.id}")


def _draw_tiles(found: Found, kernel: KernelLook) -> None:
    tiles = found.arrays[f"kernel/{kernel.name}"]
    text = tiles_text(tiles, kernel.shape)
    st.markdown(f"**Kernels** · {percent_text(kernel.positive_share)} of the weights are +1")
    st.html(picture_html(tiles_picture(tiles), text))
    st.caption(text)


def _draw_latent(run: RunRecord, kernel: KernelLook) -> None:
    st.markdown("**Latent weights**", help="The float weights of which the network takes the signs.")
    if kernel.latent is None:
        st.caption("This optimizer flips signs and keeps no float weights behind them.")
        return
    st.plotly_chart(latent_chart(kernel.latent), key=f"latent_{run.id}", config=PLOT)
    clipped = (
        f"{percent_text(kernel.clipped_share)} are at ±{kernel.clip:g}, the limit of their constraint: far from a flip."
        if kernel.clip is not None
        else "They have no constraint."
    )
    st.caption(f"{clipped} Those near 0 are the ones that one step may still flip.")
