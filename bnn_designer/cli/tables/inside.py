"""What was found inside a trained network, for people."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from bnn_designer.inspection.report import Found, Inside
from bnn_designer.inspection.sensitivity_report import Change, Sensitivity
from bnn_designer.units import UNKNOWN, ms_text, percent_text


def print_inside(found: Found, console: Console) -> None:
    """The answers, the kernels, and the way to each sign; the rest is on the page."""
    inside = found.inside
    console.print(
        f"run {inside.run_id}, {inside.epoch_file} epoch: {inside.right:,} of {inside.images:,} test images of "
        f"{inside.data} correct ({percent_text(inside.accuracy)}); expected calibration error {inside.ece:.3f}; "
        f"one image in float by TensorFlow {ms_text(inside.float_ms)}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    kernels = Table("binary kernel", "weights", "+1", "clipped")
    for kernel in inside.kernels:
        count = int(np.prod(kernel.shape))
        clipped = percent_text(kernel.clipped_share)
        kernels.add_row(kernel.name, f"{count:,}", percent_text(kernel.positive_share), clipped)
    console.print(kernels)
    _print_flips(inside, console)
    signs = Table("sign of the input of", "tensor", "mean", "deviation", "skewness", "+1", "+1 by channel")
    for sign in inside.signs:
        texts = {stage.name: stage.text for stage in inside.stages}
        for number, name in enumerate(sign.stages):
            mean, deviation, skewness, positive = (
                found.arrays[f"{what}/{name}"] for what in ("mean", "deviation", "skewness", "positive")
            )
            skew = UNKNOWN if np.isnan(skewness).all() else f"{np.nanmean(skewness):.2f}"
            signs.add_row(
                "" if number else sign.name,
                texts[name],
                f"{mean.mean():.3g}",
                f"{deviation.mean():.3g}",
                skew,
                percent_text(float(positive.mean())),
                f"{percent_text(float(positive.min()))} to {percent_text(float(positive.max()))}",
            )
    console.print(signs)
    for sign in inside.signs:
        if sign.dead_text:
            console.print(f"{sign.path}: {sign.dead_text} {sign.advice}", highlight=False, markup=False)


def _print_flips(inside: Inside, console: Console) -> None:
    if not inside.flips:
        if inside.kernels:
            console.print(f"when weights flip: {inside.why_no_flips}", highlight=False, markup=False, soft_wrap=True)
        return
    epochs = len(inside.flips[0].last)
    table = Table("binary kernel", "never flipped", f"flipped in epoch {epochs}, the last", "flips a weight")
    for flips in inside.flips:
        last = flips.last[-1] if flips.last else 0
        shares = (percent_text(count / flips.weights) for count in (flips.never, last))
        table.add_row(flips.name, *shares, f"{flips.flips / flips.weights:.2f}")
    console.print(table)


def print_sensitivity(found: Sensitivity, console: Console) -> None:
    """How the accuracy changes where one layer computes with floats, in points with their standard errors."""
    console.print(
        f"run {found.run_id}, {found.epoch_file} epoch: {found.right:,} of {found.images:,} test images correct. "
        "Accuracy with one layer back to floats and nothing trained anew, change in points ± standard error:",
        highlight=False,
        soft_wrap=True,
    )
    table = Table("layer", "inputs", "weights", "both", "both, norms anew")
    for layer in found.layers:
        changes = (layer.inputs, layer.weights, layer.both, layer.norms_anew)
        table.add_row(layer.path, *(_change_text(change, found.images) for change in changes))
    console.print(table)


def _change_text(change: Change | None, images: int) -> str:
    if change is None:
        return UNKNOWN
    return f"{100 * change.share(images):+.1f} ± {100 * change.error(images):.1f}"
