"""What the store hands out of classes: a class, its members, how far each of them is; and what a browser reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import as_time

#: Characters of a class's name.
MAX_NAME = 60
#: Members of one class at a time.
MAX_MEMBERS = 60
#: Classes on one server, and how many of them may be made within an hour.
MAX_CLASSES, MAX_CLASSES_AN_HOUR = 200, 30


class ClassError(BnnDesignerError):
    """A class that is not there or takes nobody in, or what is none."""


@dataclass(frozen=True)
class ClassRecord:
    """A class as stored.

    Attributes:
        code: by which students join.
        lesson: the one it begins with, by its name; "": the list of lessons.
        design_json: the network that the teacher gave; None: none.
        ended_at: since when nobody joins and nothing is reported; None: it goes on.
        members: how many there are now.
    """

    id: str
    name: str
    code: str
    lesson: str
    design_json: str | None
    created_at: datetime
    ended_at: datetime | None
    members: int

    @classmethod
    def from_row(cls, row: Any) -> ClassRecord:
        """A row of the table ``class_record``, with the number of members."""
        ended_at = None if row.ended_at is None else as_time(row.ended_at)
        created_at = as_time(row.created_at)
        return cls(row.id, row.name, row.code, row.lesson, row.design, created_at, ended_at, row.members)

    @property
    def design(self) -> Design | None:
        """The network that the teacher gave; raises DesignError where it cannot be read any more."""
        return None if self.design_json is None else Design.from_json(self.design_json, source=f"class {self.name}")


@dataclass(frozen=True)
class LessonState:
    """How far a member is with one lesson, which they have opened.

    Attributes:
        answer: index of the choice that they made first; None: they have made none.
        done: whether they ticked the lesson off.
    """

    answer: int | None = None
    done: bool = False


@dataclass(frozen=True)
class Member:
    """A member of a class.

    Attributes:
        joined_at: in Unix seconds, as runs are compared with it.
        lessons: those that they have opened, by name.
        puzzle: codes of the choices on their board of the budget puzzle.
    """

    id: str
    class_id: str
    nickname: str
    joined_at: float
    lessons: dict[str, LessonState] = field(default_factory=dict)
    puzzle: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All that a browser remembers of its member's course; whoever makes one has checked it against the course."""

    lessons: dict[str, LessonState]
    puzzle: tuple[str, ...] = ()
