"""What a browser reports, read as what anybody may have sent: all that the course does not know is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons import COURSE, Lesson
from bnn_designer.lessons.budget_puzzle import codes
from bnn_designer.runs.classes import LessonState, Report


def read_report(sent: object) -> Report:
    """The report in ``{"lessons": {name: {"answer": 0, "done": true}}, "puzzle": ["32b- 32b- 32b-"]}``.

    A lesson that is named has been opened. An answer is the index of a choice.
    """
    data = sent if isinstance(sent, Mapping) else {}
    lessons, puzzle = data.get("lessons"), data.get("puzzle")
    named = lessons if isinstance(lessons, Mapping) else {}
    kept = puzzle if isinstance(puzzle, list) else []
    known = codes()
    return Report(
        {lesson.name: _state(lesson, named[lesson.name]) for lesson in COURSE if lesson.name in named},
        tuple(dict.fromkeys(code for code in kept if isinstance(code, str) and code in known)),
    )


def _state(lesson: Lesson, sent: Any) -> LessonState:
    data = sent if isinstance(sent, Mapping) else {}
    answer = data.get("answer")
    # True is an int in Python, and no index
    is_choice = type(answer) is int and 0 <= answer < len(lesson.question.choices)
    return LessonState(answer if is_choice else None, data.get("done") is True)
