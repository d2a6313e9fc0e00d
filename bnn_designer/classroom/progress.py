"""How far a class is: how many began, answered and finished each lesson, and each member in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bnn_designer.lessons import COURSE, Lesson
from bnn_designer.runs.classes import LessonState, Member

#: What a member has of a lesson, from nothing to the end.
Step = Literal["", "begun", "wrong", "right", "done"]


@dataclass(frozen=True)
class LessonProgress:
    """What the members of a class did of one lesson.

    Attributes:
        begun: how many opened it.
        answers: how many chose each answer first, in the order of the choices.
        done: how many ticked it off.
    """

    lesson: Lesson
    begun: int
    answers: tuple[int, ...]
    done: int

    @property
    def answered(self) -> int:
        return sum(self.answers)

    @property
    def right(self) -> int:
        """How many chose the right answer first."""
        return self.answers[self.lesson.question.right]


@dataclass(frozen=True)
class MemberProgress:
    """One member.

    Attributes:
        steps: what they have of each lesson, in the order of the course.
        right: how many questions they answered right at first, of those that they ``answered``.
    """

    nickname: str
    steps: tuple[Step, ...]
    answered: int
    right: int

    @property
    def done(self) -> int:
        return self.steps.count("done")


def by_lesson(members: Sequence[Member]) -> tuple[LessonProgress, ...]:
    """The course with what the members did of each lesson."""
    return tuple(_of_lesson(lesson, members) for lesson in COURSE)


def by_member(members: Sequence[Member]) -> tuple[MemberProgress, ...]:
    """The members in their order."""
    return tuple(_of_member(member) for member in members)


def _of_lesson(lesson: Lesson, members: Sequence[Member]) -> LessonProgress:
    states = [member.lessons[lesson.name] for member in members if lesson.name in member.lessons]
    answers = [state.answer for state in states]
    counts = tuple(answers.count(index) for index in range(len(lesson.question.choices)))
    return LessonProgress(lesson, len(states), counts, sum(state.done for state in states))


def _of_member(member: Member) -> MemberProgress:
    states = [(lesson, member.lessons.get(lesson.name)) for lesson in COURSE]
    answered = [(lesson, state) for lesson, state in states if state is not None and state.answer is not None]
    right = sum(state.answer == lesson.question.right for lesson, state in answered)
    return MemberProgress(member.nickname, tuple(_step(*each) for each in states), len(answered), right)


def _step(lesson: Lesson, state: LessonState | None) -> Step:
    if state is None:
        return ""
    if state.done:
        return "done"
    if state.answer is None:
        return "begun"
    return "right" if state.answer == lesson.question.right else "wrong"
