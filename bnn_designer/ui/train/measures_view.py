"""What a run measured beside loss and accuracy: by layer, by phase, and with the latent weights."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs.progress import RunProgress
from bnn_designer.training.events import EpochEnd, LatentWeights
from bnn_designer.ui.shared.charts import flip_chart
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import UNKNOWN, duration_text, percent_text

_PLOT = {"displaylogo": False, "displayModeBar": False}


def draw_measures(done: RunProgress) -> None:
    """Folded: they explain a curve, and are not needed to read it."""
    if done.weights_taken is not None:
        st.caption(escape_markdown(done.weights_taken.text()))
    first_stage = sum(epoch.float_kernels for epoch in done.epochs)
    if first_stage:
        st.caption(
            f"Epochs 1 to {first_stage} are of the first stage: binary inputs, float kernels. Their figures are of "
            "that network, and not counted for the best one."
        )
    if done.latent is not None:
        st.caption(_latent_text(done.latent))
    measured = [epoch for epoch in done.epochs if epoch.layers]
    if not measured:
        return
    with st.expander(f"Measured by layer, after epoch {measured[-1].epoch}"):
        st.dataframe(_rows(measured[-1]), hide_index=True)
        st.caption(
            "Flipped: binary weights whose sign changed in this epoch. Clipped: latent weights at the limit of their "
            "constraint. Positive: inputs of the sign that become +1, over 100 validation images; near 0 or 100 % the "
            "sign says little."
        )
        if any(layer.flip_ratio is not None for layer in measured[-1].layers):
            st.plotly_chart(flip_chart(measured), key="flips", config=_PLOT)
        st.caption(_phases_text(measured[-1]))


def _latent_text(latent: LatentWeights) -> str:
    return (
        f"Accuracy with the latent weights in place of their signs: **{percent_text(latent.own_norms_val_accuracy)}** "
        f"with batch norms of their own, {percent_text(latent.latent_val_accuracy)} with those of the binary weights; "
        f"with the binary weights {percent_text(latent.val_accuracy)}."
    )


def _rows(epoch: EpochEnd) -> list[dict[str, str]]:
    return [
        {
            "Layer": layer.name,
            "Flipped": percent_text(layer.flip_ratio),
            "Clipped": percent_text(layer.clipped_share),
            "Positive": percent_text(layer.positive_share),
        }
        for layer in epoch.layers
    ]


def _phases_text(epoch: EpochEnd) -> str:
    rate = UNKNOWN if epoch.learning_rate is None else f"{epoch.learning_rate:.3g}"
    phases = {"steps": epoch.steps_s, "validation": epoch.validation_s, "measuring": epoch.measuring_s}
    times = ", ".join(f"{name} {duration_text(seconds)}" for name, seconds in phases.items())
    return f"Time of the epoch: {times}, saving {duration_text(epoch.saving_s)}. Learning rate at its end: {rate}."
