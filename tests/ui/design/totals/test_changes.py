from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.totals.changes import Change, Seen, change, values
from bnn_designer.ui.design.totals.figures import Total
from bnn_designer.units import bytes_text

MINUS = "\N{MINUS SIGN}"


def total(value: float | None, lower_is_better: bool = True) -> Total:
    return Total("file_bytes", "File", value, "", "", "", bytes_text, lower_is_better=lower_is_better)


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (3072, 1024, Change("+2.00 KiB", True)),
        (1024, 3072, Change(f"{MINUS}2.00 KiB", False)),
        (1024, 1024, Change("", None)),
        (0, 0, Change("", None)),
        (5, 0, Change("+5 B", True)),
        (None, 1024, Change("", None)),
        (1024, None, Change("", None)),
        (None, None, Change("", None)),
    ],
)
def test_a_change_in_words(value: float | None, before: float | None, expected: Change) -> None:
    assert change(total(value), before) == expected


def test_more_devices_that_it_fits_are_better() -> None:
    assert change(total(5, lower_is_better=False), 3).worse is False
    assert change(total(3, lower_is_better=False), 5).worse is True


# ---- which designs are compared


def draft(revision: int, name: str) -> Draft:
    return Draft("d", Design(name=name), revision, 0, 0, None, datetime(2026, 3, 1, tzinfo=timezone.utc))


@given(st.lists(st.text("abc", min_size=1, max_size=1), min_size=1))
def test_since_the_last_edit_and_since_it_was_opened(names: list[str]) -> None:
    seen = Seen.opening(draft(1, names[0]))
    for revision, name in enumerate(names, start=1):
        for _ in range(2):  # the page is drawn several times for one revision
            seen.see(draft(revision, name))
    assert seen.now.name == names[-1]
    assert seen.first.name == names[0]
    assert seen.before.name == (names[-2] if len(names) > 1 else names[0])


def test_the_numbers_by_their_names() -> None:
    assert values((total(5),)) == {"file_bytes": 5}
    assert values((total(None),)) == {"file_bytes": None}
