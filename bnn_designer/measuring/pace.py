"""How long a run will take, from what runs took on this machine: of the same network, else of others. Pure arithmetic.

**The same network**, trained in the same manner: the median of its runs. The error is how far their windows lie apart.

**Others.** Of an image, a training step computes three products of as many multiply-accumulates (MACs) as the forward
pass: the layer's output, the gradient of its input and that of its kernel. Binary and float layers take other times for
a MAC, and a step takes a time of its own, whatever is in it. So, with a batch of B images,

    seconds an image = step_s / B + binary_s * binary MACs + float_s * float MACs,     none of them negative,

fitted by least squares to the measured networks, each row divided by what it measured, so that all count alike. Fewer
than four networks do not tell the three apart: then all MACs take the same time. Of the two, the one is taken that
predicts best what it was not fitted to: each network is left out once, and the worst such error is the one that is
told. With one network there is nothing to leave out, and the error is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from bnn_designer.cost.latency.nnls import nonnegative_least_squares
from bnn_designer.runs.measured import Manner, Measured
from bnn_designer.runs.progress import FORWARD_SHARE
from bnn_designer.training.amounts import Amounts

#: Networks that the three coefficients are fitted to at least.
MIN_NETWORKS = 4


@dataclass(frozen=True)
class Work:
    """What a network computes.

    Attributes:
        network: see :func:`bnn_designer.compare.identity.network_key`.
        binary_macs, float_macs: multiply-accumulates of an image's forward pass.
    """

    network: str
    binary_macs: int
    float_macs: int


@dataclass(frozen=True)
class Sample:
    """What a run took, and what its network computes."""

    work: Work
    took: Measured


@dataclass(frozen=True)
class Estimate:
    """How long a run will take.

    Attributes:
        basis: runs of the same network, or of others.
        runs, networks: that it was taken from.
        image_s: of an image's training step.
        least_image_s, most_image_s: within the error; None: the error is not known.
        preparing_s: until the first step is done, where the op is built and the data there; None: not measured.
        training_s: of all training steps.
        validation_s: of all validations.
        rest_s: of measuring and saving after each epoch, and of what follows the last one.
        teacher_s: of the teacher's forward pass over all training images; 0 without one, and where it is among
            ``training_s``, as of runs that were taught by it.
        teacher_basis: whether that is what the teacher's network took for an image in validations here, or follows from
            what other networks take; None: it is not told apart.
    """

    basis: Literal["same", "like"]
    runs: int
    networks: int
    image_s: float
    least_image_s: float | None
    most_image_s: float | None
    preparing_s: float | None
    training_s: float
    validation_s: float
    rest_s: float
    teacher_s: float = 0.0
    teacher_basis: Literal["validated", "like"] | None = None

    @property
    def total_s(self) -> float:
        return self.training_s + self.teacher_s + self.validation_s + self.rest_s + (self.preparing_s or 0.0)

    @property
    def least_s(self) -> float | None:
        return None if self.least_image_s is None else self._at(self.least_image_s)

    @property
    def most_s(self) -> float | None:
        return None if self.most_image_s is None else self._at(self.most_image_s)

    def _at(self, image_s: float) -> float:
        """All but the preparing, with the error that the steps have."""
        preparing_s = self.preparing_s or 0.0
        return preparing_s + (self.total_s - preparing_s) * image_s / self.image_s


def estimate(
    work: Work, manner: Manner, batch_size: int, amounts: Amounts, samples: Iterable[Sample]
) -> Estimate | None:
    """How long a run will take; None where nothing was trained in that manner.

    Args:
        work: of its network.
        manner: of its training.
        batch_size: of a step.
        amounts: images of the whole run.
        samples: what runs took on this machine.
    """
    like = [sample for sample in samples if sample.took.manner == manner]
    same = [sample for sample in like if sample.work.network == work.network and sample.took.batch_size == batch_size]
    if same:
        image_s = median(sample.took.image_s for sample in same)
        least = min(image_s, *(sample.took.fast_image_s for sample in same))
        most = max(image_s, *(sample.took.slow_image_s for sample in same))
        return _whole("same", same, amounts, (image_s, least, most))
    if not like:
        return None
    image_s, error = _from_others(work, batch_size, like)
    least_most = (None, None) if error is None else (image_s / error, image_s * error)
    return _whole("like", like, amounts, (image_s, *least_most))


def taught(
    own: Estimate, teacher: Work, manner: Manner, batch_size: int, of: Amounts, samples: Sequence[Sample]
) -> Estimate | None:
    """The time of a run with a teacher, which computes each training image too, forward alone; validations are without.

    What the teacher's network took for an image in validations on this machine tells it; else the share of a training
    step that a forward pass is, of what a step of it would take as other networks tell.

    Args:
        own: the run's time without its teacher.
        teacher: of the teacher's network.
        manner: of the run without its teacher.
        batch_size: of a step.
        of: images of the whole run.
        samples: what runs took on this machine.

    Returns:
        None: what the teacher takes is not known.
    """
    forward_s = _median(
        [
            sample.took.validated_image_s
            for sample in samples
            if sample.work.network == teacher.network and sample.took.manner.threads == manner.threads
        ]
    )
    basis: Literal["validated", "like"] = "validated"
    if forward_s is None:
        step = estimate(teacher, manner, batch_size, of, samples)
        if step is None:
            return None
        forward_s, basis = step.image_s * FORWARD_SHARE, "like"
    return replace(own, teacher_s=of.train_images * forward_s, teacher_basis=basis)


def _whole(
    basis: Literal["same", "like"],
    samples: Sequence[Sample],
    amounts: Amounts,
    image_times: tuple[float, float | None, float | None],
) -> Estimate:
    """The steps' time with what comes on top, which is taken from the same runs.

    Of other networks, a validated image counts by the share that it is of a trained one. That is at most all of it, as
    a step has a forward pass in it: what is above that took the same whatever the network, such as the tracing of a
    validation of few images, and must not grow with the MACs of another.
    """
    image_s = image_times[0]
    most = math.inf if basis == "same" else 1.0
    shares = [_share(sample.took.validated_image_s, sample.took, most) for sample in samples]
    validated_image_s = image_s * (_median(shares) or FORWARD_SHARE)
    endings = [_share(sample.took.ending_image_s, sample.took, most) for sample in samples]
    ending_s = amounts.last_validation_images * image_s * (_median(endings) or 0.0)
    return Estimate(
        basis=basis,
        runs=len(samples),
        networks=len({sample.work.network for sample in samples}),
        image_s=image_s,
        least_image_s=image_times[1],
        most_image_s=image_times[2],
        preparing_s=_median([sample.took.preparing_s for sample in samples]),
        training_s=amounts.train_images * image_s,
        validation_s=amounts.validation_images * validated_image_s,
        rest_s=amounts.epochs * (_median([sample.took.epoch_rest_s for sample in samples]) or 0.0) + ending_s,
    )


def _share(image_s: float | None, took: Measured, most: float) -> float | None:
    return None if image_s is None else min(image_s / took.image_s, most)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


# ---- from other networks


@dataclass(frozen=True)
class _Row:
    """One network with one batch size: what its columns are, and the median of what it took."""

    columns: tuple[float, float, float]
    image_s: float


def _from_others(work: Work, batch_size: int, samples: Sequence[Sample]) -> tuple[float, float | None]:
    """Seconds an image, and the factor by which a prediction was off at worst; None: there is nothing to tell by."""
    by_network: dict[tuple[str, int], list[Sample]] = {}
    for sample in samples:
        by_network.setdefault((sample.work.network, sample.took.batch_size), []).append(sample)
    rows = [
        _Row(_columns(of[0].work, of[0].took.batch_size), median(sample.took.image_s for sample in of))
        for of in by_network.values()
    ]
    wanted = _columns(work, batch_size)
    if len(rows) == 1:
        return _by_all_macs(rows)(wanted), None
    fits = [_by_all_macs, _by_kind] if len(rows) >= MIN_NETWORKS else [_by_all_macs]
    error, best = min(((_worst_error(fit, rows), fit) for fit in fits), key=lambda one: one[0])
    return best(rows)(wanted), error


def _columns(work: Work, batch_size: int) -> tuple[float, float, float]:
    return 1 / batch_size, float(work.binary_macs), float(work.float_macs)


_Predict = Callable[[tuple[float, float, float]], float]


def _by_kind(rows: Sequence[_Row]) -> _Predict:
    """A time for a step, for a binary MAC, and for a float one."""
    factors = nonnegative_least_squares(
        [[column / row.image_s for column in row.columns] for row in rows], [1.0] * len(rows)
    )
    return lambda columns: math.fsum(factor * column for factor, column in zip(factors, columns, strict=True))


def _by_all_macs(rows: Sequence[_Row]) -> _Predict:
    """The same time for every MAC: the median, as one that is far off should not count."""
    mac_s = median(row.image_s / max(1.0, row.columns[1] + row.columns[2]) for row in rows)
    return lambda columns: mac_s * max(1.0, columns[1] + columns[2])


def _worst_error(fit: Callable[[Sequence[_Row]], _Predict], rows: Sequence[_Row]) -> float:
    """The largest factor between what a network took and what the others predict for it."""
    worst = 1.0
    for number, row in enumerate(rows):
        predicted = fit([*rows[:number], *rows[number + 1 :]])(row.columns)
        if predicted <= 0:
            return math.inf
        worst = max(worst, predicted / row.image_s, row.image_s / predicted)
    return worst
