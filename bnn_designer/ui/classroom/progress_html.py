"""Progress as tables of HTML, which are there with the page and can be read aloud; all text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bnn_designer.classroom import LessonProgress, MemberProgress
from bnn_designer.classroom.progress import Step
from bnn_designer.lessons import COURSE
from bnn_designer.ui.classroom.class_table import head, table
from bnn_designer.units import UNKNOWN

#: What a member has of a lesson: a sign, and the same in words.
_STEPS: dict[Step, tuple[str, str]] = {
    "": ("", "not begun"),
    "begun": ("\N{BLACK CIRCLE}", "begun"),
    "wrong": ("\N{MULTIPLICATION SIGN}", "answered wrong at first"),
    "right": ("\N{BLACK SQUARE}", "answered right at first"),
    "done": ("\N{CHECK MARK}", "finished"),
}


def lessons_html(lessons: Sequence[LessonProgress], is_telling: bool) -> str:
    """A row a lesson: how many began it, what they answered first, how many finished it.

    Args:
        lessons: with their progress.
        is_telling: whether it is said which answers are right.
    """
    right = [("Right", "number")] if is_telling else []
    columns = head(("Lesson", ""), ("Began", "number"), ("First answers", ""), *right, ("Finished", "number"))
    rows = "".join(_lesson_row(number, one, is_telling) for number, one in enumerate(lessons, start=1))
    return table("Progress by lesson", columns, rows)


def members_html(members: Sequence[MemberProgress]) -> str:
    """A row a member: what they have of each lesson."""
    titles = [
        (f'<abbr title="{escape(lesson.title)}">{number}</abbr>', "step") for number, lesson in enumerate(COURSE, 1)
    ]
    columns = head(("Member", ""), *titles, ("Right", "number"), ("Finished", "number"))
    rows = "".join(_member_row(one) for one in members)
    signs = " · ".join(f"{sign} {words}" for sign, words in _STEPS.values() if sign)
    return f"{table('Progress by member', columns, rows)}<p style='font-size:.85rem'>{escape(signs)}</p>"


def _lesson_row(number: int, one: LessonProgress, is_telling: bool) -> str:
    share = f"{one.right} of {one.answered}" if one.answered else UNKNOWN
    right = f'<td class="number">{share}</td>' if is_telling else ""
    return (
        f'<tr><th scope="row">{number}. {escape(one.lesson.title)}</th><td class="number">{one.begun}</td>'
        f'<td>{_answers(one, is_telling)}</td>{right}<td class="number">{one.done}</td></tr>'
    )


def _answers(one: LessonProgress, is_telling: bool) -> str:
    if not one.answered:
        return UNKNOWN
    asked = one.lesson.question
    lines = []
    for index, (choice, count) in enumerate(zip(asked.choices, one.answers, strict=True)):
        is_right = is_telling and index == asked.right
        mark = '<span aria-hidden="true">\N{CHECK MARK}</span><span class="hidden">right: </span>' if is_right else ""
        lines.append(
            f"<li{' class=right' if is_right else ''}><span>{mark}</span><span>{escape(choice)}</span>"
            f'<span aria-hidden="true"><i style="width:{100 * count / one.answered:.1f}%"></i></span>'
            f'<span class="number">{count}</span></li>'
        )
    return f"<p>{escape(asked.text)}</p><ul>{''.join(lines)}</ul>"


def _member_row(one: MemberProgress) -> str:
    steps = "".join(_step_cell(step) for step in one.steps)
    right = f"{one.right} of {one.answered}" if one.answered else UNKNOWN
    return (
        f'<tr><th scope="row">{escape(one.nickname)}</th>{steps}<td class="number">{right}</td>'
        f'<td class="number">{one.done}</td></tr>'
    )


def _step_cell(step: Step) -> str:
    sign, words = _STEPS[step]
    return f'<td class="step"><span aria-hidden="true">{sign}</span><span class="hidden">{words}</span></td>'
