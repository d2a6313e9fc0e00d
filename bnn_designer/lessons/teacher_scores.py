"""Scores of a teacher and its binary student for ten test images, for the lesson on training tricks.

The student is the small network with shortcuts of the lesson on devices, trained for 12 epochs; the teacher is its
full-precision twin, trained for 36. Both on the first 10,000 images of CIFAR-10 (JPEG re-encoded), seed 0, by this
program's default recipe, validated on 5,000 test images; on 28 November 2026 by ``python -m
bnn_designer.bench.lesson_scores``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bnn_designer.design import Design
from bnn_designer.lessons.small_net import STAGES, network

FILE = Path(__file__).parent / "teacher_scores.json"
TEACHER_EPOCHS, STUDENT_EPOCHS, IMAGES, TEST_IMAGES = 36, 12, 10_000, 5_000
#: Of CIFAR-10, by their labels.
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def student_network() -> Design:
    """The three binary layers with shortcuts of the lesson on devices."""
    return network(STAGES[2].layers, "small-net-shortcuts")


@dataclass(frozen=True)
class Scores:
    """What the two make of one image.

    Attributes:
        label: the index of its class.
        image: its place among the test images.
        teacher, student: a score for each class: the logarithm of what the network gives it, in nats. That is its
            output before the softmax, but for a constant, which a softmax does not see.
    """

    label: int
    image: int
    teacher: tuple[float, ...]
    student: tuple[float, ...]


@dataclass(frozen=True)
class TeacherScores:
    """What the file has.

    Attributes:
        teacher, student: their validation accuracies after the last epoch, 0 to 1.
        scores: of the first test image of each class.
    """

    teacher: float
    student: float
    scores: tuple[Scores, ...]


@cache
def teacher_scores() -> TeacherScores:
    """The file, read once."""
    return scores_of(json.loads(FILE.read_text(encoding="utf-8")))


def scores_of(document: Mapping[str, Any]) -> TeacherScores:
    """The scores in a file's document."""
    scores = (
        Scores(one["label"], one["image"], tuple(one["teacher"]), tuple(one["student"])) for one in document["scores"]
    )
    return TeacherScores(document["teacher"], document["student"], tuple(scores))
