"""Classes: who learns together without an account, and how far each is, in the same database as the runs."""

from bnn_designer.runs.classes.classes import Classes
from bnn_designer.runs.classes.members import COOKIE_SEPARATOR, Members
from bnn_designer.runs.classes.records import (
    MAX_CLASSES,
    MAX_MEMBERS,
    MAX_NAME,
    ClassError,
    ClassRecord,
    LessonState,
    Member,
    Report,
)

__all__ = [
    "COOKIE_SEPARATOR",
    "MAX_CLASSES",
    "MAX_MEMBERS",
    "MAX_NAME",
    "ClassError",
    "ClassRecord",
    "Classes",
    "LessonState",
    "Member",
    "Members",
    "Report",
]
