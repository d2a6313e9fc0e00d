"""A row before it is measured, and which of them were asked for."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bnn_designer.bench.request import Request

Case = TypeVar("Case", bound=Hashable)


@dataclass(frozen=True)
class Planned(Generic[Case]):
    """A row, or several of one text that are measured together.

    Attributes:
        text: what it is; ``--only`` looks for its text here.
        case: what is measured.
        way: which of the ways to do it; "" where there is one.
    """

    text: str
    case: Case
    way: str = ""


def wanted(request: Request, planned: Iterable[Planned[Case]]) -> dict[Case, dict[str, str]]:
    """The cases that have a wanted row, in order, each with the texts of these rows by their way."""
    found: dict[Case, dict[str, str]] = {}
    for row in planned:
        if request.wants(row.text):
            found.setdefault(row.case, {})[row.way] = row.text
    return found
