"""What a person has chosen on the Runs page, in the address: the filter, the runs, and how they are drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from urllib.parse import quote, unquote

from bnn_designer.runs.filtering import FACETS, RunFilter
from bnn_designer.ui.shared.choices import choice, choices, choose, choose_several

#: As many as colors and dashes tell apart, and as a person can follow.
MOST_CHOSEN = 24

_RUNS, _WORDS, _PAGE = "compare", "q", "page"


def chosen_runs() -> tuple[str, ...]:
    """The ids of the chosen runs, in the order in which they were chosen; some may not be there any more."""
    return choices(_RUNS)[:MOST_CHOSEN]


def choose_runs(run_ids: Iterable[str]) -> None:
    """Chooses these, and no others; those above the most are left out."""
    choose_several(_RUNS, tuple(dict.fromkeys(run_ids))[:MOST_CHOSEN])


def tick(run_id: str, on: bool) -> None:
    """Adds a run to the chosen ones, or takes it out."""
    others = [one for one in chosen_runs() if one != run_id]
    choose_runs([*others, run_id] if on else others)


def current_filter() -> RunFilter:
    return RunFilter(choice(_WORDS, ""), tuple((facet, facet_values(facet)) for facet in FACETS))


def facet_values(facet: str) -> tuple[str, ...]:
    """What is chosen of a facet."""
    return tuple(unquote(value) for value in choices(facet))


def filter_words(words: str) -> None:
    """Filters by words; begins at the first page again."""
    choose(_WORDS, " ".join(words.split()))
    turn_to(1)


def filter_facet(facet: str, values: Collection[str]) -> None:
    """Filters by values of a facet; begins at the first page again."""
    # a recipe in words, or a path, may have commas, which join the values in the address
    choose_several(facet, [quote(value, safe=" /") for value in values])
    turn_to(1)


def clear_filter() -> None:
    filter_words("")
    for facet in FACETS:
        filter_facet(facet, ())


def page_number(pages: int) -> int:
    """Which page of the list is shown, from 1."""
    text = choice(_PAGE, "1")
    number = int(text) if text.isdecimal() and len(text) < 7 else 1
    return min(max(1, number), max(1, pages))


def turn_to(page: int) -> None:
    choose(_PAGE, str(page), "1")
