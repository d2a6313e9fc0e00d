"""Figures that can be opened: the value, the formula in words, and the formula with its numbers.

A function that counts with whole numbers counts with :class:`Term` too. So the formula that a person sees comes from
the function that made the figure, and the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bnn_designer.units import exact_text

#: How tightly a term holds together: a sum needs brackets inside a product, and so does a quotient, as it is rounded.
_SUM, _QUOTIENT, _PRODUCT, _ATOM = range(4)
#: For each sign: the level of the result, and what its left and its right operand need to stand without brackets.
_LEVELS = {
    "+": (_SUM, _SUM, _SUM),
    "-": (_SUM, _SUM, _QUOTIENT),
    "*": (_PRODUCT, _PRODUCT, _PRODUCT),
    "//": (_QUOTIENT, _PRODUCT, _ATOM),
    "/": (_QUOTIENT, _PRODUCT, _ATOM),
}


class Term:
    """A number that remembers how it came about.

    Attributes:
        value: the number.
        words: the formula in words: ``output height * kernel height``.
        numbers: the same with the numbers filled in: ``30 * 3``. Python reads it, but for commas between thousands.
    """

    __slots__ = ("_level", "numbers", "value", "words")

    def __init__(self, words: str, value: float, numbers: str | None = None, level: int = _ATOM) -> None:
        self.words, self.value, self._level = words, value, level
        self.numbers = exact_text(value) if numbers is None else numbers

    def __repr__(self) -> str:
        return f"Term({self.words!r}, {self.value!r})"

    def _joined(self, other: Any, sign: str, value: float, swapped: bool = False) -> Term:
        other = other if isinstance(other, Term) else Term(exact_text(other), other)
        left, right = (other, self) if swapped else (self, other)
        level, loosest_left, loosest_right = _LEVELS[sign]
        words = f"{left._inside(left.words, loosest_left)} {sign} {right._inside(right.words, loosest_right)}"
        numbers = f"{left._inside(left.numbers, loosest_left)} {sign} {right._inside(right.numbers, loosest_right)}"
        return Term(words, value, numbers, level)

    def _inside(self, text: str, level: int) -> str:
        return f"({text})" if self._level < level else text

    def __add__(self, other: Any) -> Term:
        return self._joined(other, "+", self.value + _value(other))

    def __radd__(self, other: Any) -> Term:
        # sum() starts from 0
        return self if _value(other) == 0 else self._joined(other, "+", _value(other) + self.value, swapped=True)

    def __sub__(self, other: Any) -> Term:
        return self._joined(other, "-", self.value - _value(other))

    def __mul__(self, other: Any) -> Term:
        return self._joined(other, "*", self.value * _value(other))

    def __rmul__(self, other: Any) -> Term:
        # math.prod() starts from 1
        if _value(other) == 1 and not isinstance(other, Term):
            return self
        return self._joined(other, "*", _value(other) * self.value, swapped=True)

    def __floordiv__(self, other: Any) -> Term:
        if _value(other) == 1:  # one group
            return self
        return self._joined(other, "//", self.value // _value(other))

    def __truediv__(self, other: Any) -> Term:
        return self._joined(other, "/", self.value / _value(other))


def _value(other: Any) -> Any:
    return other.value if isinstance(other, Term) else other


@dataclass(frozen=True)
class Formula:
    """A figure, opened.

    Attributes:
        name: what the figure is.
        symbolic: how it is made, in words.
        numbers: the same with the numbers in.
        value: the figure.
        unit: ``bytes``, ``MACs``, ``OPs``, ...
        source: the convention or rule behind it.
    """

    name: str
    symbolic: str
    numbers: str
    value: float
    unit: str
    source: str

    def __str__(self) -> str:
        """``name = words = numbers = value unit``."""
        shown = f"{self.numbers} = " if self.numbers != exact_text(self.value) else ""
        return f"{self.name} = {self.symbolic} = {shown}{exact_text(self.value)} {self.unit}"

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "symbolic": self.symbolic,
            "numbers": self.numbers,
            "value": self.value,
            "unit": self.unit,
            "source": self.source,
        }


def formula(name: str, term: Term, unit: str, source: str, symbolic: str | None = None) -> Formula:
    """A figure from its term; ``symbolic`` replaces words that would only repeat themselves, as in long sums."""
    return Formula(name, symbolic or term.words, term.numbers, term.value, unit, source)


def total(terms: Iterable[Term]) -> Term:
    """The sum; in words and in numbers every addend once, which ``sum`` would write out quadratically often."""
    addends = list(terms)
    if not addends:
        return Term("nothing", 0)
    if len(addends) == 1:
        return addends[0]
    return Term(
        " + ".join(term.words for term in addends),
        sum(term.value for term in addends),
        " + ".join(term.numbers for term in addends),
        _SUM,
    )
