"""Named versions of a draft."""

from __future__ import annotations

import pytest

from bnn_designer.design import Design
from bnn_designer.runs.drafts import MAX_STEPS, DraftError, Drafts
from tests.runs.drafts.changes import adding, naming


def test_a_version_stays_as_it_was_named(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="0"))
    changed = drafts.change(draft.id, adding("a"))
    version = drafts.snapshot(draft.id, " before the pools ")
    assert (version.draft_id, version.name, version.blocks) == (draft.id, "before the pools", 1)
    for step in range(MAX_STEPS + 2):
        drafts.change(draft.id, naming(str(step)))
    assert drafts.snapshot_design(version.id) == changed.design
    assert drafts.snapshots(draft.id) == [version]


def test_going_back_to_a_version_is_a_step(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="0"))
    version = drafts.snapshot(draft.id, "start")
    later = drafts.change(draft.id, adding("a"))
    back = drafts.change(draft.id, lambda _: drafts.snapshot_design(version.id))
    assert back.design == draft.design
    assert drafts.undo(draft.id).design == later.design


def test_naming_a_version_changes_no_draft(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    drafts.snapshot(draft.id, "v1")
    assert drafts.get(draft.id) == draft


def test_versions_are_listed_and_deleted(drafts: Drafts) -> None:
    draft, other = drafts.create(Design()), drafts.create(Design())
    first, second = drafts.snapshot(draft.id, "first"), drafts.snapshot(draft.id, "second")
    drafts.snapshot(other.id, "of another draft")
    assert drafts.snapshots(draft.id) == [second, first]
    drafts.delete_snapshot(first.id)
    drafts.delete_snapshot(first.id)
    assert drafts.snapshots(draft.id) == [second]
    assert drafts.snapshots("nowhere") == []


def test_versions_come_back_with_a_deleted_draft(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    version = drafts.snapshot(draft.id, "v1")
    drafts.delete(draft.id)
    drafts.restore(draft.id)
    assert drafts.snapshots(draft.id) == [version]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_version_needs_a_name(drafts: Drafts, name: str) -> None:
    draft = drafts.create(Design())
    version = drafts.snapshot(draft.id, "kept")
    with pytest.raises(DraftError, match="1 to 80 characters"):
        drafts.snapshot(draft.id, name)
    assert drafts.snapshots(draft.id) == [version]


def test_an_unknown_version_is_a_clear_error(drafts: Drafts) -> None:
    with pytest.raises(DraftError, match="there is no such version"):
        drafts.snapshot_design("nowhere")
