"""Words found by any of their spellings, in a text, and by what is said of them."""

from __future__ import annotations

import re
from functools import cache

from bnn_designer.ui.shared.glossary.word import Word
from bnn_designer.ui.shared.glossary.words import WORDS


@cache
def _by_spelling() -> dict[str, Word]:
    return {spelling.casefold(): word for word in WORDS for spelling in (word.term, *word.also)}


def find_word(term: str) -> Word | None:
    """The entry of a term in any of its spellings, upper and lower case alike; None where there is none."""
    return _by_spelling().get(term.strip().casefold())


def explain(term: str) -> str:
    """The two lines of a term, as plain text with a line break between them; for the help of a figure.

    Raises:
        KeyError: the glossary does not have it.
    """
    word = find_word(term)
    if word is None:
        raise KeyError(term)
    return f"{word.term}: {word.meaning}\n{word.matters}"


def words_in(text: str) -> tuple[Word, ...]:
    """The entries whose terms stand in a text, in the order in which they come; each once."""
    spellings = sorted(_by_spelling(), key=len, reverse=True)
    pattern = "|".join(rf"(?<![\w-]){re.escape(spelling)}(?![\w-])" for spelling in spellings)
    found = (_by_spelling()[match.casefold()] for match in re.findall(pattern, text, re.IGNORECASE))
    return tuple(dict.fromkeys(found))


def search_words(wanted: str) -> tuple[Word, ...]:
    """The entries that have all these words in any place: one that is spelled so first, then those with one in their
    name; "": every entry."""
    parts = wanted.casefold().split()

    def text(word: Word) -> str:
        return " ".join((word.term, *word.also, word.meaning, word.matters)).casefold()

    def rank(word: Word) -> int:
        names = [spelling.casefold() for spelling in (word.term, *word.also)]
        exact = " ".join(parts) in names
        return 0 if exact else 1 if any(part in name for part in parts for name in names) else 2

    found = [word for word in WORDS if all(part in text(word) for part in parts)]
    return tuple(sorted(found, key=rank)) if parts else WORDS
