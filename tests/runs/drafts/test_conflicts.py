"""Two editors of one draft: the second is asked, never put on top of the first without being told."""

from __future__ import annotations

import pytest

from bnn_designer.design import Design
from bnn_designer.runs.drafts import DraftConflict, Drafts, Mark
from tests.runs.drafts.changes import adding, labels, naming


def test_the_second_editor_is_told_and_nothing_changes(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    first = drafts.change(draft.id, adding("ada's"), seen=draft.revision, editor="Ada")
    for act in (
        lambda: drafts.change(draft.id, adding("ben's"), seen=draft.revision, editor="Ben"),
        lambda: drafts.undo(draft.id, seen=draft.revision, editor="Ben"),
        lambda: drafts.redo(draft.id, seen=draft.revision, editor="Ben"),
    ):
        with pytest.raises(DraftConflict, match="changed by Ada") as caught:
            act()
        assert (caught.value.revision, caught.value.editor) == (2, "Ada")
        assert caught.value.updated_at == first.updated_at
    assert drafts.get(draft.id) == first


def test_after_having_looked_the_change_goes_through(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    drafts.change(draft.id, adding("ada's"), editor="Ada")
    seen = drafts.revision(draft.id)
    assert labels(drafts.change(draft.id, adding("ben's"), seen=seen).design) == ["ada's", "ben's"]


def test_who_says_nothing_of_what_was_seen_changes_what_is_there(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    drafts.change(draft.id, adding("ada's"))
    assert labels(drafts.change(draft.id, adding("ben's")).design) == ["ada's", "ben's"]


def test_undo_and_redo_are_changes_to_others(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="0"))
    changed = drafts.change(draft.id, naming("1"))
    undone = drafts.undo(draft.id, editor="Ada")
    assert undone.revision == changed.revision + 1
    with pytest.raises(DraftConflict, match="changed by Ada"):
        drafts.change(draft.id, naming("2"), seen=changed.revision)


def test_a_change_that_came_between_look_and_save_is_seen(drafts: Drafts) -> None:
    draft = drafts.create(Design())

    def slow(design: Design) -> Design:
        drafts.change(draft.id, adding("ada's"), editor="Ada")
        return adding("ben's")(design)

    with pytest.raises(DraftConflict, match="Ada"):
        drafts.change(draft.id, slow, seen=draft.revision)
    assert labels(drafts.get(draft.id).design) == ["ada's"]


def test_an_operation_sent_again_is_no_conflict_with_itself(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    mark = Mark("tab", 1)
    sent = drafts.change(draft.id, adding("once"), seen=draft.revision, mark=mark)
    assert drafts.change(draft.id, adding("once"), seen=draft.revision, mark=mark) == sent
    assert drafts.undo(draft.id, mark, seen=draft.revision) == sent


def test_an_operation_in_conflict_is_not_dealt_with(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    drafts.change(draft.id, adding("other"))
    with pytest.raises(DraftConflict):
        drafts.change(draft.id, adding("mine"), seen=draft.revision, mark=Mark("tab", 1))
    assert drafts.applied(draft.id, "tab") == 0
    again = drafts.change(draft.id, adding("mine"), seen=drafts.revision(draft.id), mark=Mark("tab", 1))
    assert labels(again.design) == ["other", "mine"]
