"""What was found inside a trained network, and the one file that keeps it in the run's folder.

The file is an ``.npz`` without pickles: arrays, and the rest as JSON in an array of bytes. It is written whole or not
at all, and read within bounds, as a run's folder may come from another machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import write_bytes
from bnn_designer.inspection import bundle
from bnn_designer.runs.store import Store
from bnn_designer.units import counted

FILE = "inside.npz"
VERSION = 1
#: What the file and its arrays take at most; a large network's takes 3 MiB.
MAX_BYTES = 64 * 2**20
_AGAIN = "Look inside again"
# Dead channels that a sentence names.
_MOST_NAMED = 20

Array = npt.NDArray[Any]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Counts(Frozen):
    """A histogram: bins of one width from ``low`` to ``high``."""

    low: float
    high: float
    counts: tuple[int, ...]


class KernelLook(Frozen):
    """The binary kernel of a layer; the array ``kernel/NAME`` has its tiles, see :func:`weights.tiles`.

    Attributes:
        name: of the layer.
        path: of its block.
        shape: as Keras has it.
        positive_share: of all weights, those that are +1.
        latent: the float weights behind the signs; None: there are none, as with Bop.
        clip: the limit of their constraint; None: no constraint.
        clipped_share: of them, those at the limit; None where there is none.
    """

    name: str
    path: str
    shape: tuple[int, ...]
    positive_share: float
    latent: Counts | None
    clip: float | None
    clipped_share: float | None


class StageLook(Frozen):
    """A tensor on the way to a sign; the arrays ``mean/``, ``deviation/``, ``skewness/`` and ``positive/NAME`` are by
    channel.

    Attributes:
        name: of the layer that makes it.
        text: such as "after the max pool".
        channels: how many.
        values: of all channels together.
    """

    name: str
    text: str
    channels: int
    values: Counts


class SignLook(Frozen):
    """The input of a layer with a sign.

    Attributes:
        name, path: of the layer and its block.
        stages: in running order; what is binarized comes last. Their looks are in :attr:`Inside.stages`.
        always_positive, always_negative: the channels that are one sign in every pixel of every image.
        advice: what to change about those; "" where there are none.
    """

    name: str
    path: str
    stages: tuple[str, ...]
    always_positive: tuple[int, ...] = ()
    always_negative: tuple[int, ...] = ()
    advice: str = ""

    @property
    def dead_text(self) -> str:
        """Such as "2 channels are always +1: 3, 17."; "" where none is."""
        parts = [
            f"{counted(len(channels), 'channel')} {'is' if len(channels) == 1 else 'are'} always {what}: "
            f"{', '.join(map(str, channels[:_MOST_NAMED]))}{', ...' if len(channels) > _MOST_NAMED else ''}."
            for what, channels in (("+1", self.always_positive), ("-1", self.always_negative))
            if channels
        ]
        return " ".join(parts)


class SumsLook(Frozen):
    """The integer sums of a binary layer; the array ``sums/NAME`` counts them, [filters, bins].

    Where the packed network compares them with thresholds, ``factor/NAME`` and ``offset/NAME`` say how, filter by
    filter: the sign of ``factor * sum + offset`` (:mod:`bnn_designer.packing.thresholds`).

    Attributes:
        name, path: of the layer and its block.
        products: the largest sum that there could be.
        filters: of the layer; the first 64 are kept.
        low, width: of the first bin its least sum, and of each how many sums.
        why_none: why there are no thresholds; "" where there are.
    """

    name: str
    path: str
    products: int
    filters: int
    low: int
    width: int
    why_none: str


class MistakeLook(Frozen):
    """A mistake; the array ``mistakes`` has the images, uint8 [n, height, width, channels].

    Attributes:
        index: of the image among the test images.
        label, answer: indices of classes.
        sure, of_label: the probabilities that the network gives them.
    """

    index: int
    label: int
    answer: int
    sure: float
    of_label: float


class BinLook(Frozen):
    """As :class:`answers.Bin`."""

    low: float
    high: float
    images: int
    sure: float
    right: float


class Inside(Frozen):
    """All that was found; the array ``confusion`` is int64 [classes, classes].

    Attributes:
        made_at: Unix seconds.
        epoch_file: ``best`` or ``last``: of which epoch the weights are.
        weights_mark: of the checkpoint that was looked at, see :func:`weights_mark`.
        data: the title of the set.
        images: test images that were looked at.
        seed: they were chosen with.
        test_images: how many the set has.
        right: how many of them got the right class.
        class_names: in the order of the labels.
        float_ms: the median time of one image in float, by TensorFlow with all its threads, on the machine that looked.
        why_unpacked: why the network cannot be packed; "" where it was.
        ece: the expected calibration error.
    """

    version: int
    run_id: str
    made_at: float
    epoch_file: str
    weights_mark: str
    data: str
    images: int
    seed: int
    test_images: int
    right: int
    class_names: tuple[str, ...]
    float_ms: float
    why_unpacked: str
    kernels: tuple[KernelLook, ...]
    stages: tuple[StageLook, ...]
    signs: tuple[SignLook, ...]
    sums: tuple[SumsLook, ...]
    mistakes: tuple[MistakeLook, ...]
    reliability: tuple[BinLook, ...]
    ece: float

    @property
    def accuracy(self) -> float:
        return self.right / self.images


@dataclass(frozen=True)
class Found:
    """A report with its arrays."""

    inside: Inside
    arrays: dict[str, Array]


def report_path(store: Store, run_id: str) -> Path:
    """Where the report of a run is."""
    return store.run_folder(run_id) / FILE


def looked_at(store: Store, run_id: str) -> tuple[str, Path]:
    """Which epoch's weights are looked at, ``best`` or ``last``, and their file; a run of before has no best one.

    Raises:
        BnnDesignerError: the run has none yet.
    """
    for name, path in (("best", store.best_path(run_id)), ("last", store.checkpoint_path(run_id))):
        if path.is_file():
            return name, path
    raise BnnDesignerError(f"Run {run_id}: it has no checkpoint yet. Wait for its first epoch, or train it again.")


@dataclass(frozen=True)
class Origin:
    """Which network is looked into.

    Attributes:
        run_id, epoch_file, weights_mark: as :class:`Inside` has them.
        has_latent: whether the float kernels are latent weights; Bop's are signs.
    """

    run_id: str = ""
    epoch_file: str = "last"
    weights_mark: str = ""
    has_latent: bool = True


def weights_mark(path: Path) -> str:
    """Tells one checkpoint from the next one of the same name."""
    found = path.stat()
    return f"{found.st_mtime_ns}-{found.st_size}"


def to_bytes(found: Found) -> bytes:
    """The contents of the file."""
    return bundle.to_bytes(found.inside.model_dump_json(), found.arrays)


def from_bytes(data: bytes) -> Found:
    """What :func:`to_bytes` was given.

    Raises:
        BnnDesignerError: it is no such file, of a newer version, damaged, or larger than any of ours.
    """
    try:
        text, arrays = bundle.from_bytes(data, MAX_BYTES)
        inside = Inside.model_validate_json(text)
        if inside.version != VERSION:
            raise ValueError(f"it is of version {inside.version}, and this program reads {VERSION}")
        _check(inside, arrays)
    except (ValidationError, *bundle.READ_ERRORS) as error:
        raise bundle.unreadable(FILE, error, _AGAIN) from error
    return Found(inside, arrays)


def write_found(store: Store, found: Found) -> None:
    """Keeps it with its run, in place of an older one. Raises BnnDesignerError if it cannot be written."""
    write_bytes(report_path(store, found.inside.run_id), to_bytes(found), overwrite=True)


def read_found(store: Store, run_id: str) -> Found | None:
    """What was found in a run; None where nobody has looked yet.

    Raises:
        BnnDesignerError: the file cannot be read.
    """
    data = bundle.kept_bytes(report_path(store, run_id), MAX_BYTES, _AGAIN)
    return None if data is None else from_bytes(data)


def is_stale(store: Store, inside: Inside) -> bool:
    """Whether the run has other weights by now than those that were looked at."""
    try:
        name, path = looked_at(store, inside.run_id)
        return is_other(inside, name, weights_mark(path))
    except (BnnDesignerError, OSError):
        return False  # deleted: what was found is all there is


def is_other(inside: Inside, epoch_file: str, mark: str) -> bool:
    """Whether something else was found with other weights than these; arguments as :class:`Inside` has them."""
    return (epoch_file, mark) != (inside.epoch_file, inside.weights_mark)


def _check(inside: Inside, arrays: dict[str, Array]) -> None:
    """Raises ValueError or KeyError where an array is missing or has another shape than the report says."""
    classes = len(inside.class_names)
    wanted: dict[str, tuple[int | None, ...]] = {
        "confusion": (classes, classes),
        "mistakes": (len(inside.mistakes), None, None, None),
    }
    for stage in inside.stages:
        wanted |= {f"{what}/{stage.name}": (stage.channels,) for what in ("mean", "deviation", "skewness", "positive")}
    wanted |= {f"kernel/{kernel.name}": (None, None, None, None) for kernel in inside.kernels}
    for sums in inside.sums:
        wanted[f"sums/{sums.name}"] = (min(sums.filters, 64), None)
        if not sums.why_none:
            wanted |= {f"{what}/{sums.name}": (sums.filters,) for what in ("factor", "offset")}
    for name, shape in wanted.items():
        there = arrays[name]
        if there.dtype.kind not in "iuf" or len(there.shape) != len(shape):
            raise ValueError(f"{name} is {there.dtype} {there.shape}")
        if any(size is not None and size != here for size, here in zip(shape, there.shape, strict=True)):
            raise ValueError(f"{name} is {there.shape} and should be {shape}")
    names = {stage.name for stage in inside.stages}
    if any(name not in names for sign in inside.signs for name in sign.stages):
        raise ValueError("a stage is missing")
    if any(not 0 <= one < classes for mistake in inside.mistakes for one in (mistake.label, mistake.answer)):
        raise ValueError("a mistake is of an unknown class")
