"""The lessons in their order."""

from __future__ import annotations

from bnn_designer.lessons.batch_norm import BATCH_NORM
from bnn_designer.lessons.binary_layer import BINARY_LAYER
from bnn_designer.lessons.first_and_last import FIRST_AND_LAST
from bnn_designer.lessons.inputs_or_outputs import INPUTS_OR_OUTPUTS
from bnn_designer.lessons.lesson import Lesson
from bnn_designer.lessons.no_slope import NO_SLOPE
from bnn_designer.lessons.pool_first import POOL_FIRST
from bnn_designer.lessons.shortcuts import SHORTCUTS
from bnn_designer.lessons.training_tricks import TRAINING_TRICKS
from bnn_designer.lessons.what_it_costs import DEVICE_COST
from bnn_designer.lessons.when_the_shape_changes import SHAPE_CHANGE

COURSE: tuple[Lesson, ...] = (
    BINARY_LAYER,
    NO_SLOPE,
    INPUTS_OR_OUTPUTS,
    FIRST_AND_LAST,
    BATCH_NORM,
    SHORTCUTS,
    SHAPE_CHANGE,
    POOL_FIRST,
    DEVICE_COST,
    TRAINING_TRICKS,
)


def lesson_named(name: str) -> Lesson | None:
    """The lesson that an address names; None where there is none, as an address may come from anybody."""
    return next((lesson for lesson in COURSE if lesson.name == name), None)


def neighbours(lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
    """The lessons before and after one; None at the ends."""
    place = COURSE.index(lesson)
    return (
        COURSE[place - 1] if place > 0 else None,
        COURSE[place + 1] if place + 1 < len(COURSE) else None,
    )
