"""What the page shows of a report, as rows of tables and numbers; without Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.inspection.report import FlipsLook, Found, SignLook, StageLook, SumsLook
from bnn_designer.inspection.sensitivity_report import Change, Sensitivity
from bnn_designer.inspection.trying import Tried
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import UNKNOWN, ms_text, number_text, percent_text


def kernel_rows(found: Found) -> list[dict[str, Any]]:
    """A row a binary kernel."""
    flips = {one.name: one for one in found.inside.flips}
    rows = []
    for kernel in found.inside.kernels:
        its = flips.get(kernel.name)
        row = {
            "Layer": kernel.name,
            "Weights": int(np.prod(kernel.shape)),
            "+1": percent_text(kernel.positive_share),
            "Clipped": percent_text(kernel.clipped_share),
            "Never flipped": UNKNOWN if its is None else percent_text(its.never / its.weights),
            "Flips a weight": UNKNOWN if its is None else f"{its.flips / its.weights:.2f}",
        }
        rows.append(row)
    return rows


def settled_text(flips: FlipsLook) -> str:
    """How many weights never flipped, and how many still did in the last epoch, in Markdown."""
    last = flips.last[-1]
    never_share, last_share = (percent_text(count / flips.weights) for count in (flips.never, last))
    return (
        f"**{flips.never:,}** of {flips.weights:,} weights never flipped ({never_share}); **{last:,}** still did in "
        f"epoch {len(flips.last):,}, the last ({last_share})."
    )


def stages_of(found: Found, sign: SignLook) -> tuple[StageLook, ...]:
    """The tensors on the way to a sign, in running order."""
    by_name = {stage.name: stage for stage in found.inside.stages}
    return tuple(by_name[name] for name in sign.stages)


def channel_rows(found: Found, sign: SignLook) -> list[dict[str, Any]]:
    """A row a channel of what is binarized; the share of +1 before is there where the channels are the same ones."""
    stages = stages_of(found, sign)
    last = stages[-1]
    rows: list[dict[str, Any]] = [{"Channel": channel} for channel in range(last.channels)]
    for stage in stages:
        if stage.channels == last.channels:
            _add(rows, f"+1 {stage.text}, %", 100 * found.arrays[f"positive/{stage.name}"], 1)
    for title, what in (("Mean", "mean"), ("Deviation", "deviation"), ("Skewness", "skewness")):
        _add(rows, title, found.arrays[f"{what}/{last.name}"])
    for row in rows:
        channel = row["Channel"]
        always = "+1" if channel in sign.always_positive else "-1" if channel in sign.always_negative else ""
        row["Remark"] = f"always {always}" if always else ""
    return rows


def _add(rows: list[dict[str, Any]], title: str, values: npt.NDArray[Any], digits: int = 3) -> None:
    for row, value in zip(rows, values.tolist(), strict=True):
        row[title] = None if np.isnan(value) else round(value, digits)


def stage_rows(found: Found, sign: SignLook) -> list[dict[str, str]]:
    """A row a tensor on the way to a sign: means over its channels, and how far the share of +1 reaches."""
    rows = []
    for stage in stages_of(found, sign):
        mean, deviation, skewness, positive = (
            found.arrays[f"{what}/{stage.name}"] for what in ("mean", "deviation", "skewness", "positive")
        )
        known = skewness[~np.isnan(skewness)]
        rows.append(
            {
                "Tensor": stage.text,
                "Mean": number_text(mean.mean(), ".3g"),
                "Deviation": f"{deviation.mean():.3g}",
                "Skewness": number_text(known.mean(), ".2f") if len(known) else UNKNOWN,
                "+1": percent_text(float(positive.mean())),
                "Least and most by channel": (
                    f"{percent_text(float(positive.min()))} to {percent_text(float(positive.max()))}"
                ),
            }
        )
    return rows


def boundaries(found: Found, sums: SumsLook) -> npt.NDArray[np.float64] | None:
    """Where each filter's bit changes, half way between two sums; NaN where it never does, None without thresholds."""
    if sums.why_none:
        return None
    factor, offset = found.arrays[f"factor/{sums.name}"], found.arrays[f"offset/{sums.name}"]
    # the sign of s - t changes below t, that of t - s above it: packing/thresholds.py
    return np.where(factor > 0, -offset - 0.5, np.where(factor < 0, offset + 0.5, np.nan))


def confused_text(found: Found, most: int = 3) -> str:
    """Such as "cat taken for dog 12 times"; "" where there is no mistake."""
    counts = found.arrays["confusion"].copy()
    np.fill_diagonal(counts, 0)
    names = found.inside.class_names
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    parts = [
        f"{names[row]} taken for {names[column]} {counts[row, column]} times"
        for row, column in (divmod(int(place), len(names)) for place in order)
        if counts[row, column]
    ]
    return ", ".join(parts)


def sensitivity_rows(found: Sensitivity) -> list[dict[str, str]]:
    """A row a layer: the changes in points, with their standard errors."""
    return [
        {
            "Layer": layer.path,
            "Float inputs": change_text(layer.inputs, found.images),
            "Float weights": change_text(layer.weights, found.images),
            "Both": change_text(layer.both, found.images),
            "Both, norms anew": change_text(layer.norms_anew, found.images),
        }
        for layer in found.layers
    ]


def change_text(change: Change | None, images: int) -> str:
    """Such as "+1.2 ± 0.9 points: 90 right, 78 wrong"."""
    if change is None:
        return UNKNOWN
    points = f"{number_text(100 * change.share(images), '+.1f')} ± {100 * change.error(images):.1f} points"
    return f"{points}: {change.gained} turn right, {change.lost} wrong"


#: Classes that an answer is shown with.
TOP = 5


def answer_rows(tried: Tried, names: Sequence[str]) -> list[dict[str, Any]]:
    """The likeliest classes, the likeliest first; of two alike the first in the set's order."""
    order = sorted(range(len(names)), key=lambda one: -tried.probabilities[one])[:TOP]
    return [{"Class": names[one], "Probability": tried.probabilities[one]} for one in order]


def score_rows(tried: Tried, names: Sequence[str]) -> list[dict[str, Any]]:
    """What each class's score is the sum of, the highest score first."""
    order = sorted(range(len(names)), key=lambda one: -tried.scores[one].score)
    rows = []
    for one in order:
        look = tried.scores[one]
        row: dict[str, Any] = {"Class": names[one]}
        if look.offset is not None and look.for_it is not None and look.against_it is not None:
            row |= {"Begins with": look.offset, "Speaks for it": look.for_it, "Against it": look.against_it}
        rows.append(row | {"Score": look.score, "Probability": tried.probabilities[one]})
    return rows


def verdict_text(tried: Tried, names: Sequence[str]) -> str:
    """The answer in Markdown, and whether it is right where that is known."""
    answer = max(range(len(names)), key=lambda one: tried.probabilities[one])
    text = f"**{escape_markdown(names[answer])}**"
    if tried.label is None:
        return text
    if tried.label == answer:
        return f"{text}, which is right"
    return f"{text}, but it is {escape_markdown(names[tried.label])}"


def group_rows(tried: Tried) -> list[dict[str, str]]:
    """A row a group of layers that the engine runs in one go."""
    total = sum(group.ms for group in tried.groups) or 1.0
    return [
        {"Layers": group.layers, "Time": ms_text(group.ms), "Share": percent_text(group.ms / total, 0)}
        for group in tried.groups
    ]
