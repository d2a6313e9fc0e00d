"""What a lesson is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bnn_designer.design import Design
from bnn_designer.units import with_minus


@dataclass(frozen=True)
class Source:
    """Where a claim is from.

    Attributes:
        text: authors, title and where it can be found, in plain text: a lesson works without the internet.
        says: what it is named for.
    """

    text: str
    says: str


@dataclass(frozen=True)
class Question:
    """What is asked before anything is shown.

    Attributes:
        text: the question.
        choices: the answers to choose from.
        right: index of the right one.
        why: why it is right, in plain text.
    """

    text: str
    choices: tuple[str, ...]
    right: int
    why: str

    def __post_init__(self) -> None:
        _set_minus(self, "text", "why")
        object.__setattr__(self, "choices", tuple(map(with_minus, self.choices)))


@dataclass(frozen=True)
class Part:
    """A step of a lesson: a few sentences, and the piece to try it with.

    Attributes:
        title: the heading.
        text: Markdown.
        piece: name of what is drawn below the text; "" where there is nothing to drag.
        after: Markdown below the piece: what was to be seen.
    """

    title: str
    text: str
    piece: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        _set_minus(self, "text", "after")


@dataclass(frozen=True)
class LookInside:
    """What of the lesson is to be seen in a trained network of the student's own.

    Attributes:
        part: of the page Look inside, as its address names it.
        says: Markdown: what to look at.
    """

    part: str
    says: str

    def __post_init__(self) -> None:
        _set_minus(self, "says")


@dataclass(frozen=True)
class Lesson:
    """One lesson of the course.

    Attributes:
        name: in the address; it stays, as links hold it.
        title: of the lesson.
        minutes: how long it takes, about.
        idea: its one idea.
        question: to be answered before the parts are tried.
        parts: in their order.
        design: makes the network that it ends in.
        design_says: what to look at in that network.
        sources: of every claim; the first are the further reading.
        result: name of the one that tried what the lesson says; "" where there is none.
        inside: what to look at in a trained network; None: nothing in particular.
    """

    name: str
    title: str
    minutes: int
    idea: str
    question: Question
    parts: tuple[Part, ...]
    design: Callable[[], Design]
    design_says: str
    sources: tuple[Source, ...]
    result: str = ""
    inside: LookInside | None = None

    def __post_init__(self) -> None:
        _set_minus(self, "idea", "design_says")


def _set_minus(part: object, *names: str) -> None:
    """Texts are written with the hyphen that keyboards have, and read with the sign for minus."""
    for name in names:
        object.__setattr__(part, name, with_minus(getattr(part, name)))
