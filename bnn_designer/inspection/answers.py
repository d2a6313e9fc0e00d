"""What a network answers: what it takes for what, its worst mistakes, and whether it may be as sure as it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float32]
Labels = npt.NDArray[np.integer]

#: Bins of the reliability diagram; with 1,000 images about a hundred a bin.
BINS = 10


def confusion(labels: Labels, answers: Labels, classes: int) -> npt.NDArray[np.int64]:
    """int64 [classes, classes]: in row i and column j the images of class i that were taken for class j."""
    pairs = labels.astype(np.int64) * classes + answers.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class Mistake:
    """An image that was taken for another class.

    Attributes:
        place: in the arrays that were given.
        label, answer: the class it is of, and the one it was taken for.
        sure: the probability that the network gives its answer.
        of_label: the probability that it gives the right class.
    """

    place: int
    label: int
    answer: int
    sure: float
    of_label: float


def worst_mistakes(probabilities: Shares, labels: Labels, most: int) -> tuple[Mistake, ...]:
    """The mistakes that the network is surest of, the worst first; of two alike the first image's.

    Args:
        probabilities: [n, classes].
        labels: [n].
        most: how many at most.
    """
    answers, rows = probabilities.argmax(axis=1), np.arange(len(labels))
    sure = probabilities[rows, answers]
    (wrong,) = np.nonzero(answers != labels)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    return tuple(
        Mistake(
            int(place),
            int(labels[place]),
            int(answers[place]),
            float(sure[place]),
            float(probabilities[place, labels[place]]),
        )
        for place in order
    )


@dataclass(frozen=True)
class Bin:
    """The images whose likeliest class has a probability in one range, its upper end included.

    Attributes:
        low, high: the range.
        images: how many there are.
        sure: the mean of those probabilities; 0 of no image.
        right: the share that is right; 0 of no image.
    """

    low: float
    high: float
    images: int
    sure: float
    right: float


def reliability(probabilities: Shares, labels: Labels, bins: int = BINS) -> tuple[Bin, ...]:
    """The reliability diagram: how often an answer is right, beside how sure the network is of it.

    Guo et al., "On Calibration of Modern Neural Networks", arXiv 1706.04599, section 2: bins of one width, their upper
    ends included.

    Args:
        probabilities: [n, classes].
        labels: [n].
        bins: how many.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    found = []
    for number in range(bins):
        mine = place == number
        images = int(mine.sum())
        found.append(
            Bin(
                number / bins,
                (number + 1) / bins,
                images,
                float(sure[mine].mean()) if images else 0.0,
                float(right[mine].mean()) if images else 0.0,
            )
        )
    return tuple(found)


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """The mean over images of ``|right - sure|`` of their bin: 0 where every answer is as often right as it is sure.

    Guo et al., arXiv 1706.04599, equation 3, after Naeini et al., "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning", AAAI 2015.
    """
    images = sum(one.images for one in bins)
    return sum(one.images * abs(one.right - one.sure) for one in bins) / images if images else 0.0
