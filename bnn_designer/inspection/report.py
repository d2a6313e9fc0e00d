"""What was found inside a trained network, as values; :mod:`report_file` keeps them with the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from bnn_designer.units import counted

VERSION = 1
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


class FlipsLook(Frozen):
    """When the weights of a binary kernel flipped, over the whole training, see :mod:`training.flips`.

    The arrays ``flips_last/NAME`` and ``flips_count/NAME`` have, in tiles as ``kernel/NAME``, the epoch in which each
    weight last flipped, 0 for never, and in how many epochs it did.

    Attributes:
        name: of the layer.
        weights: how many it has.
        never: of them, those that have the sign that they began with and never had another one at an epoch's end.
        last: of each epoch, how many weights flipped in it and not since.
        flips: of all weights in all epochs.
    """

    name: str
    weights: int
    never: int
    last: tuple[int, ...]
    flips: int


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
        channels: of what is binarized; 0: not known, as in reports of before.
    """

    name: str
    path: str
    stages: tuple[str, ...]
    always_positive: tuple[int, ...] = ()
    always_negative: tuple[int, ...] = ()
    advice: str = ""
    channels: int = 0

    @property
    def dead_text(self) -> str:
        """Such as "2 of 64 channels are always +1: 3, 17."; "" where none is."""
        both = (("+1", self.always_positive), ("-1", self.always_negative))
        return " ".join(self._dead_of(what, dead) for what, dead in both if dead)

    def _dead_of(self, what: str, dead: tuple[int, ...]) -> str:
        if len(dead) == self.channels:
            return f"All {self.channels:,} channels are always {what}."
        of = f"{len(dead):,} of {counted(self.channels, 'channel')}" if self.channels else counted(len(dead), "channel")
        named = f"{', '.join(map(str, dead[:_MOST_NAMED]))}{' and more' if len(dead) > _MOST_NAMED else ''}"
        return f"{of} {'is' if len(dead) == 1 else 'are'} always {what}: {named}."


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
        weights_mark: of the checkpoint that was looked at, see :func:`origin.weights_mark`.
        data: the title of the set.
        images: test images that were looked at.
        seed: they were chosen with.
        test_images: how many the set has.
        right: how many of them got the right class.
        class_names: in the order of the labels.
        float_ms: the median time of one image in float, by TensorFlow with all its threads, on the machine that looked.
        why_unpacked: why the network cannot be packed; "" where it was.
        ece: the expected calibration error.
        flips: of each binary kernel, in the order of ``kernels``; empty where they are not known.
        why_no_flips: why they are not; "" where they are.
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
    flips: tuple[FlipsLook, ...] = ()
    why_no_flips: str = "This was found by a program of before that did not look at them. Look again."

    @property
    def accuracy(self) -> float:
        return self.right / self.images


@dataclass(frozen=True)
class Found:
    """A report with its arrays."""

    inside: Inside
    arrays: dict[str, Array]
