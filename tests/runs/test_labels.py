"""Tags and notes: what is kept, what is refused, and nothing of anybody's is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.runs.labels import (
    MAX_NOTE_CHARS,
    MAX_TAGS,
    LabelError,
    add_tags,
    known_tags,
    note_of,
    remove_tags,
    set_labels,
    tag_of,
    tags_of,
)
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "it is empty. Give a word"),
        ("x" * 41, "it has 41 characters. Use at most 40"),
        ("a,b", "it has a comma"),
        ("bell\a", "a sign that cannot be printed"),
        ("half \udc80", "a sign that cannot be printed"),
    ],
)
def test_a_bad_tag_gets_a_sentence(text: str, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        tag_of(text)


def test_a_bad_note_gets_a_sentence() -> None:
    assert len(note_of("x" * MAX_NOTE_CHARS)) == MAX_NOTE_CHARS
    with pytest.raises(LabelError, match=r"it has 2,001 characters. Use at most 2,000"):
        note_of("x" * (MAX_NOTE_CHARS + 1))
    with pytest.raises(LabelError, match="cannot be printed"):
        note_of("a\0b")
    assert note_of(" first \r\n\n\tsecond  \n") == "first\n\n        second"


@given(st.text())
def test_what_is_kept_is_kept_as_it_is_the_next_time(text: str) -> None:
    for keep in (tag_of, note_of):
        try:
            kept = keep(text)
        except LabelError:
            continue
        assert keep(kept) == kept


def test_tags_are_added_and_removed_and_at_most_twenty(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    assert add_tags(store, run_id, ["  wide   net", "b", "b"]).tags == ("wide net", "b")
    assert remove_tags(store, run_id, ["wide net", "never there"]).tags == ("b",)
    with pytest.raises(LabelError, match=r"21 of them. A run has at most 20"):
        add_tags(store, run_id, [f"tag {number}" for number in range(MAX_TAGS)])
    with pytest.raises(LabelError):
        set_labels(store, run_id, ["fine"], "x" * (MAX_NOTE_CHARS + 1))
    assert (store.run(run_id).tags, store.run(run_id).note) == (("b",), "")
    run = set_labels(store, run_id, ["B", "a"], "why")
    assert (run.tags, run.note) == (("B", "a"), "why")
    assert set_labels(store, run_id, note="").tags == ("B", "a")
    assert known_tags([run, store.run(run_id)]) == ("a", "B")


def test_of_tags_that_several_add_at_once_none_is_lost(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    tags = [f"tag {number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda tag: add_tags(store, run_id, [tag]), tags))
    assert sorted(store.run(run_id).tags) == tags
    assert tags_of([]) == ()
