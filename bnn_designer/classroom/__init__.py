"""What a teacher sees of a class: progress by lesson, the runs as points of size and accuracy, the puzzle's scores.

Classes and their members are kept by :mod:`bnn_designer.runs.classes`. Here is what they mean for the course.
"""

from bnn_designer.classroom.board import Board, Entry, boards
from bnn_designer.classroom.progress import LessonProgress, MemberProgress, by_lesson, by_member
from bnn_designer.classroom.reports import read_report
from bnn_designer.classroom.scores import Score, scores

__all__ = [
    "Board",
    "Entry",
    "LessonProgress",
    "MemberProgress",
    "Score",
    "boards",
    "by_lesson",
    "by_member",
    "read_report",
    "scores",
]
