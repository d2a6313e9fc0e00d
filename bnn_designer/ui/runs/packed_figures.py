"""A packed run's figures, each measured one beside the predicted one, as texts and as a table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bnn_designer.cost import DeployedCost
from bnn_designer.cost.latency.calibration import THIS_MACHINE, machine_name
from bnn_designer.cost.latency.devices import Latency, latency_on
from bnn_designer.cost.latency.model import Estimate
from bnn_designer.cost.partial import Figures
from bnn_designer.measuring.record import Record
from bnn_designer.measuring.times import GroupTime, Timing
from bnn_designer.units import UNKNOWN, bytes_text, ms_text, percent_text

NOT_MEASURED = ("not measured yet",)
NOT_PACKED = ("not packed yet",)


@dataclass(frozen=True)
class Prediction:
    """What the cost report says of a run's design; a text in the place of a figure says why there is none."""

    file_bytes: int | str
    weight_bytes: int | str
    arena_bytes: int | str
    latency: Latency | str


@dataclass(frozen=True)
class BesideFigure:
    """A measured figure and what stands beside it."""

    key: str
    label: str
    value: str
    notes: tuple[str, ...]
    help: str


def prediction(known: Figures) -> Prediction:
    """The prediction for a design; where it cannot be lowered or deployed, the reason."""
    if known.report is None:
        reason = f"not computable: {known.error}"
        return Prediction(reason, reason, reason, reason)
    deployed = known.report.deployed
    latency = latency_on(THIS_MACHINE, deployed)
    if not isinstance(deployed, DeployedCost):
        reason = "none: Larq Compute Engine cannot run this design"
        return Prediction(reason, reason, reason, latency)
    return Prediction(deployed.file_bytes, deployed.weight_bytes, deployed.arena_bytes, latency)


def beside_figures(record: Record | None, predicted: Prediction) -> tuple[BesideFigure, ...]:
    """File, latency with one thread and with all, arena, and all memory; what is unknown says so."""
    measured = record.measurement if record else None
    timings = measured.timings if measured else ()
    one = timings[0] if timings else None
    here = measured is None or measured.machine == machine_name()
    size = record.file_bytes if record else None
    found = [
        BesideFigure(
            "file",
            "File",
            UNKNOWN if size is None else bytes_text(size),
            (*(NOT_PACKED if size is None else ()), _bytes_beside(size, predicted.file_bytes)),
            f"{_exact(size)}The .bnn file on disk: weights of binary layers in bits, batch norms folded, the design. "
            "Predicted is the .tflite file that Larq Compute Engine would read, another format with the same weights.",
        ),
        BesideFigure(
            "one_thread",
            "One thread",
            UNKNOWN if one is None else ms_text(one.median_ms),
            (*_images(one), _latency_beside(one, predicted.latency, here)),
            "Latency of an image: the median over single images, one after the other. The minimum shows what the code "
            "takes, the median what this machine makes of it. Predicted is the latency model's estimate of the minimum "
            "on this machine, with its mean error.",
        ),
    ]
    if len(timings) != 1:
        found.append(_all_threads(timings))
    arena = one.memory_bytes.get("arena") if one else None
    found.append(
        BesideFigure(
            "arena",
            "Arena",
            UNKNOWN if arena is None else bytes_text(arena),
            (*(NOT_MEASURED if arena is None else ()), _bytes_beside(arena, predicted.arena_bytes)),
            f"{_exact(arena)}The one piece of memory for what lies between the layers, as the engine asked for it. In "
            "the predicted arena, TensorFlow Lite's, the image is inside and fewer layers are fused.",
        )
    )
    grown = one.resident_bytes if one else None
    counted = NOT_MEASURED if one is None else (f"{bytes_text(one.counted_bytes)} of it asked for",)
    found.append(
        BesideFigure(
            "memory",
            "Peak memory",
            UNKNOWN if grown is None else bytes_text(grown),
            (*counted, _memory_beside(predicted)),
            f"{_exact(grown)}{_asked(one)}By how much the process grew from before it read the file until it had run: "
            "threads and the allocator take a part that no design can change. Predicted is the arena with the file's "
            "constants.",
        )
    )
    return tuple(found)


def _all_threads(timings: tuple[Timing, ...]) -> BesideFigure:
    help_text = (
        "Latency of an image with as many threads as a process may use processors here. The latency model predicts one "
        "thread only."
    )
    if not timings:
        return BesideFigure("all_threads", "All threads", UNKNOWN, (*NOT_MEASURED, "no prediction"), help_text)
    one, most = timings[0], timings[-1]
    faster = f"{one.median_ms / most.median_ms:.2f} \N{MULTIPLICATION SIGN} the speed of one"
    return BesideFigure(
        "all_threads", f"{most.threads} threads", ms_text(most.median_ms), (*_images(most), faster), help_text
    )


def _images(timing: Timing | None) -> tuple[str, ...]:
    if timing is None:
        return NOT_MEASURED
    return (f"median of {timing.images:,} images", f"min {ms_text(timing.min_ms)}")


def _latency_beside(one: Timing | None, latency: Latency | str, here: bool) -> str:
    if isinstance(latency, str):
        return f"predicted: {latency}"
    if not isinstance(latency, Estimate):
        return "predicted: this machine is not calibrated" if latency.state == "not calibrated" else "predicted: none"
    text = f"predicted {latency}"
    if one is None:
        return text
    if not here:
        return f"{text}, for another machine than was measured"
    # the model is fitted to the minimum times of its networks
    return f"{text}, {_apart(latency.ms / one.min_ms - 1, 'the minimum')}"


def _bytes_beside(size: int | None, predicted: int | str) -> str:
    if isinstance(predicted, str):
        return f"predicted: {predicted}"
    text = f"predicted {bytes_text(predicted)}"
    return text if not size else f"{text}, {_apart(predicted / size - 1)}"


def _memory_beside(predicted: Prediction) -> str:
    if isinstance(predicted.arena_bytes, str) or isinstance(predicted.weight_bytes, str):
        return f"predicted: {predicted.arena_bytes}"
    return f"predicted {bytes_text(predicted.arena_bytes + predicted.weight_bytes)}, arena and constants"


def _apart(share: float, measured: str = "measured") -> str:
    """``6 % more than measured``, ``2.5 times what was measured``."""
    if abs(share) < 0.005:
        return "the same within 1 %"
    if share > 1:
        return f"{1 + share:.2g} times {'what was measured' if measured == 'measured' else measured}"
    return f"{percent_text(abs(share), 0)} {'more' if share > 0 else 'less'} than {measured}"


def _exact(size: int | None) -> str:
    return "" if size is None else f"{size:,} bytes. "


def _asked(one: Timing | None) -> str:
    if one is None:
        return ""
    parts = ", ".join(f"{name.replace('_', ' ')} {size:,}" for name, size in one.memory_bytes.items())
    return f"Asked for, in bytes: {parts}. "


#: Column, its title and its help.
LAYER_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("layer", "Layer", "As the table of costs calls it; a group of fused layers has the name of its first one."),
    ("kind", "Operation", "What the engine runs for it."),
    ("precision", "Precision", "binary, BWN (binary weights), BAN (binary activations) or float; — has no kernel."),
    ("fused", "With it", "Layers fused into it: batch norms, activations, additions, the next layer's sign."),
    ("us", "Time, µs", "The median of an image, one thread."),
    ("share", "Share", "Of the sum of all rows."),
    ("macs", "MACs", "Multiply-accumulates for one image."),
    ("speed", "GMAC/s", "10^9 multiply-accumulates per second."),
)


def layer_table(layers: tuple[GroupTime, ...], precisions: dict[str, str]) -> pd.DataFrame:
    """One row a group, in running order; empty cells where nothing is multiplied."""
    total = sum(row.ms for row in layers) or 1.0
    rows = [
        {
            "layer": row.name,
            "kind": row.kind.replace("_", " "),
            "precision": "—" if precisions.get(row.name, "none") == "none" else precisions[row.name],
            "fused": ", ".join(layer for layer in row.layers if layer != row.name),
            "us": row.ms * 1e3,
            "share": 100 * row.ms / total,
            "macs": row.macs or None,
            "speed": row.gmacs_per_second,
        }
        for row in layers
    ]
    frame = pd.DataFrame(rows, columns=[name for name, _, _ in LAYER_COLUMNS])
    return frame.astype({"macs": "Int64", "speed": "Float64"})
