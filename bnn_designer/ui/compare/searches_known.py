"""Searches as the Compare page knows them: those of the store, which one is open, and what each has found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bnn_designer.design import Design
from bnn_designer.runs.sweeps import SweepRecord
from bnn_designer.search.definition import Search
from bnn_designer.search.results import Found, trials_of

#: The parameters in the address: which search, and which of its trials.
OPEN, TRIAL = "search", "trial"


@lru_cache(maxsize=32)
def search_by(definition: str) -> Search:
    """A search with its degrees of freedom, which take a moment; kept for the next run of the page.

    Raises:
        BnnDesignerError: it cannot be read, or there is nothing that it may vary.
    """
    search = Search.from_json(definition)
    _ = search.space
    return search


def found_by(record: SweepRecord) -> Found:
    """What a search of the store has found so far.

    Raises:
        BnnDesignerError: it cannot be read, or its figures are not known any more.
    """
    return Found(record.id, search_by(record.definition), trials_of(record.trials))


def in_order(records: Sequence[SweepRecord], design: Design | None) -> list[SweepRecord]:
    """The searches of designs of this name first; else as they came, which is the newest first."""
    return sorted(records, key=lambda one: design is None or one.name != design.name)
