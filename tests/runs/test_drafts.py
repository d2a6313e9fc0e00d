from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnn_designer.design import Design, History
from bnn_designer.design.blocks import Activation
from bnn_designer.design.edits import Add, UpdateDesign
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import DraftError, Drafts
from bnn_designer.runs.store import Store
from tests.strategies import designs, edits_of


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(Store(home=tmp_path).engine)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_history_comes_back_as_it_was(drafts: Drafts, data: st.DataObject) -> None:
    draft = drafts.create(data.draw(designs(max_blocks=3)))
    for _ in range(data.draw(st.integers(0, 3))):
        edit = data.draw(edits_of(draft.design))
        draft = drafts.change(draft.id, lambda history, edit=edit: history.apply(edit))  # type: ignore[misc]
        if data.draw(st.booleans()):
            draft = drafts.change(draft.id, History.undo)
    assert drafts.get(draft.id) == draft


def test_undo_survives_a_reload(drafts: Drafts, tmp_path: Path) -> None:
    draft = drafts.create(Design(name="first"))
    drafts.change(draft.id, lambda history: history.apply(UpdateDesign(changes={"name": "second"})))
    reloaded = Drafts(Store(home=tmp_path).engine)
    assert reloaded.get(draft.id).design.name == "second"
    assert reloaded.change(draft.id, History.undo).design.name == "first"


def test_a_refused_change_leaves_the_draft(drafts: Drafts) -> None:
    draft = drafts.create(Design(name="kept"))
    with pytest.raises(DesignError):
        drafts.change(draft.id, lambda history: history.apply(UpdateDesign(changes={"classes": 0})))
    assert drafts.get(draft.id) == draft


def test_a_change_without_effect_writes_nothing(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    assert drafts.change(draft.id, History.undo).version == draft.version


def test_sessions_that_edit_at_once_lose_no_edit(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    each, sessions = 5, 4

    def session() -> None:
        for _ in range(each):
            drafts.change(draft.id, lambda history: history.apply(Add(block=Activation())))

    threads = [threading.Thread(target=session) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = drafts.get(draft.id)
    assert len(after.design.blocks) == each * sessions
    assert after.version == 1 + each * sessions


def test_an_unknown_draft_is_a_clear_error(drafts: Drafts) -> None:
    with pytest.raises(DraftError, match="there is no such draft"):
        drafts.get("nowhere")
    with pytest.raises(DraftError, match="there is no such draft"):
        drafts.change("nowhere", History.undo)


def test_the_last_changed_draft_is_listed_first(drafts: Drafts) -> None:
    first, second = drafts.create(Design(name="first")), drafts.create(Design(name="second"))
    assert {item.id for item in drafts.recent()} == {first.id, second.id}
    drafts.change(first.id, lambda history: history.apply(UpdateDesign(changes={"name": "newest"})))
    assert [item.name for item in drafts.recent()] == ["newest", "second"]
    drafts.delete(first.id)
    assert [item.name for item in drafts.recent(limit=1)] == ["second"]


def test_a_recipe_is_kept_with_its_draft(drafts: Drafts) -> None:
    draft = drafts.create(Design())
    assert draft.recipe_json is None
    drafts.set_recipe(draft.id, '{"epochs": 3}')
    drafts.change(draft.id, lambda history: history.apply(UpdateDesign(changes={"classes": 7})))
    assert drafts.get(draft.id).recipe_json == '{"epochs": 3}'
