"""Which weights still flip: of one layer when each last did and how often, and how many flipped in each epoch."""

from __future__ import annotations

import streamlit as st

from bnn_designer.inspection.report import FlipsLook, Found, KernelLook
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.inside.charts import last_flips_chart
from bnn_designer.ui.inside.figures import settled_text
from bnn_designer.ui.inside.layer_choice import PLOT
from bnn_designer.ui.inside.pictures import picture_html, scale_html, scaled_picture, tiles_text
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.charts import flip_chart
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted


def draw_flips(run: RunRecord, found: Found, kernel: KernelLook) -> None:
    """The flips of one layer, weight by weight, and of all layers over the epochs."""
    st.markdown("**Which weights still flip, and when**")
    flips = next((one for one in found.inside.flips if one.name == kernel.name), None)
    if flips is None:
        st.caption(escape_markdown(found.inside.why_no_flips))
    elif not flips.last:
        st.caption("No epoch was finished.")
    else:
        st.markdown(settled_text(flips))
        _draw_maps(found, kernel, flips)
        st.plotly_chart(last_flips_chart(flips), key=f"last_flips_{run.id}", config=PLOT)
        st.caption(
            "A flip is a sign that is another at an epoch's end than at the end of the one before. The bars are of the "
            "whole training, to its last epoch. High bars at the end: training had not settled."
        )
    _draw_curves(run)


def _draw_maps(found: Found, kernel: KernelLook, flips: FlipsLook) -> None:
    epochs = len(flips.last)
    most = max(1, int(found.arrays[f"flips_count/{kernel.name}"].max()))
    where = tiles_text(found.arrays[f"kernel/{kernel.name}"], kernel.shape, colors=False)
    maps = (
        ("last", "Last flip", epochs, "never flipped", "epoch 1", f"epoch {epochs:,}"),
        ("count", "How often", most, "never", "once", f"in {counted(most, 'epoch')}"),
    )
    for column, (what, title, top, zero, first, last) in zip(st.columns(2, gap="large"), maps, strict=True):
        with column:
            st.markdown(f"**{title}**")
            picture = scaled_picture(found.arrays[f"flips_{what}/{kernel.name}"], top)
            st.html(picture_html(picture, f"{title} of each weight. {where}") + scale_html(zero, first, last))
    st.caption(where)


def _draw_curves(run: RunRecord) -> None:
    epochs = epochs_of(state.store(), (run.id,))[run.id]
    measured = [epoch for epoch in epochs if any(layer.flip_ratio is not None for layer in epoch.layers)]
    st.markdown("**All layers, epoch by epoch**")
    if not measured:
        st.caption("This run has not recorded flips: it is from before they were, or all its epochs were float.")
        return
    st.plotly_chart(flip_chart(measured), key=f"flips_{run.id}", config=PLOT)
    st.caption("Share of each layer's binary weights whose sign changed in the epoch, over the whole training.")
