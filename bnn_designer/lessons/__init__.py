"""The course "Learn by doing": what each lesson says and asks, and the arithmetic that its pieces show.

Nothing here draws. A piece that runs in the browser repeats the arithmetic of this room in JavaScript, so that it
answers at once; tests hold it to the functions here, and these to the layers and kernels that the product trains with.
"""

from bnn_designer.lessons.course import COURSE, lesson_named, neighbours
from bnn_designer.lessons.lesson import Lesson, LookInside, Part, Question, Source

__all__ = ["COURSE", "Lesson", "LookInside", "Part", "Question", "Source", "lesson_named", "neighbours"]
