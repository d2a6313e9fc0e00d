"""What people write on runs to find them again: tags, which are short words, and a note."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from sqlalchemy import select, update

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.connection import writing
from bnn_designer.runs.database import RUNS, RunDeleted
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.scope import unknown
from bnn_designer.runs.store import Store

MAX_TAGS = 20
MAX_TAG_CHARS = 40
MAX_NOTE_CHARS = 2000


class LabelError(BnnDesignerError):
    """A tag or a note that cannot be kept."""


def tag_of(text: str) -> str:
    """A tag as it is kept: without space around it, one space between words.

    Raises:
        LabelError: it is empty or too long, or has a comma or a sign that cannot be printed.
    """
    tag = " ".join(text.split())
    if not tag:
        raise LabelError("Tag: it is empty. Give a word, such as baseline.")
    if len(tag) > MAX_TAG_CHARS:
        raise LabelError(
            f"Tag {tag[:MAX_TAG_CHARS]}…: it has {len(tag)} characters. Use at most {MAX_TAG_CHARS}; a note has room "
            "for more."
        )
    if "," in tag or not tag.isprintable():
        raise LabelError(
            f"Tag {tag!r}: it has a comma or a sign that cannot be printed. Use letters, digits and dashes."
        )
    return tag


def tags_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Several tags, each once, in their order; raises LabelError for a bad one, and where they are too many."""
    tags = tuple(dict.fromkeys(tag_of(text) for text in texts))
    if len(tags) > MAX_TAGS:
        raise LabelError(f"Tags: {len(tags)} of them. A run has at most {MAX_TAGS}; remove some.")
    return tags


def note_of(text: str) -> str:
    """A note as it is kept, which may have several lines.

    Raises:
        LabelError: it is too long, or has a sign that cannot be printed.
    """
    lines = [line.rstrip() for line in text.expandtabs().splitlines()]
    if any(not line.isprintable() for line in lines):
        raise LabelError("Note: it has a sign that cannot be printed. Remove it.")
    note = "\n".join(lines).strip()
    if len(note) > MAX_NOTE_CHARS:
        raise LabelError(f"Note: it has {len(note):,} characters. Use at most {MAX_NOTE_CHARS:,}.")
    return note


def add_tags(store: Store, run_id: str, texts: Iterable[str]) -> RunRecord:
    """Adds tags that the run does not have yet; see :func:`set_labels` for the errors."""
    return _change_tags(store, run_id, lambda now: (*now, *texts))


def remove_tags(store: Store, run_id: str, texts: Iterable[str]) -> RunRecord:
    """Removes tags; one that the run does not have is no error."""
    gone = {tag_of(text) for text in texts}
    return _change_tags(store, run_id, lambda now: (tag for tag in now if tag not in gone))


def set_labels(store: Store, run_id: str, tags: Iterable[str] | None = None, note: str | None = None) -> RunRecord:
    """Sets all tags, the note, or both; None leaves them as they are.

    Raises:
        LabelError: a tag or the note cannot be kept; nothing was changed.
        StoreError: there is no such run, or it was deleted.
    """
    new_note = None if note is None else note_of(note)
    return _change_tags(store, run_id, lambda now: now if tags is None else tags, new_note)


def known_tags(runs: Iterable[RunRecord]) -> tuple[str, ...]:
    """The tags in use, each once, in the order of the alphabet."""
    return tuple(sorted({tag for run in runs for tag in run.tags}, key=lambda tag: (tag.casefold(), tag)))


def _change_tags(
    store: Store, run_id: str, change: Callable[[tuple[str, ...]], Iterable[str]], note: str | None = None
) -> RunRecord:
    """In one transaction, so that of two people who add a tag neither takes away the other's."""
    with writing(store.engine) as connection:
        one = select(RUNS.c.name, RUNS.c.tags, RUNS.c.deleted_at).where(RUNS.c.id == run_id, store.mine)
        row = connection.execute(one.with_for_update()).one_or_none()
        if row is None:
            raise unknown(run_id)
        if row.deleted_at is not None:
            raise RunDeleted(run_id, row.name)
        values = {"tags": json.dumps(tags_of(change(tuple(json.loads(row.tags)))))}
        if note is not None:
            values["note"] = note
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values))
    return store.run(run_id)
