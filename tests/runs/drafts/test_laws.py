"""Drafts against the plainest model of them: lists of designs, and a place in each."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.runs.drafts import MAX_STEPS, Draft, DraftConflict, DraftDeleted, Drafts, Mark
from bnn_designer.runs.store import Store
from tests.strategies import designs, edits_of

TABS = st.sampled_from(["ada", "ben"])


@dataclass
class Model:
    """What a draft should be."""

    designs: list[Design]
    place: int = 0
    revision: int = 1
    deleted: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    #: the designs of named versions
    versions: dict[str, Design] = field(default_factory=dict)

    @property
    def present(self) -> Design:
        return self.designs[self.place]

    def save(self, design: Design) -> None:
        if design != self.present:
            self.designs = [*self.designs[: self.place + 1], design][-MAX_STEPS - 1 :]
            self.place = len(self.designs) - 1
            self.revision += 1

    def step(self, by: int) -> None:
        if 0 <= self.place + by < len(self.designs):
            self.place += by
            self.revision += 1


#: A disk in memory, where there is one: thousands of commits need not wait for a real one to show what they show.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class DraftsMachine(RuleBasedStateMachine):
    """Every rule does something to a draft and to its model; the invariant compares all of them."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        home = Path(self.folder.name)
        self.store = Store(home=home, url=f"sqlite:///{home / 'store.sqlite'}")
        self.drafts = Drafts(self.store.engine)
        self.models: dict[str, Model] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(target=ids, design=designs(max_blocks=3))
    def begin(self, design: Design) -> str:
        return self._made(self.drafts.create(design), design)

    @rule(target=ids, design=designs(max_blocks=2))
    def create(self, design: Design) -> str:
        return self._made(self.drafts.create(design), design)

    def _made(self, draft: Draft, design: Design) -> str:
        self.models[draft.id] = Model([design])
        return draft.id

    @rule(draft_id=ids, data=st.data(), tab=st.none() | TABS)
    def change(self, draft_id: str, data: st.DataObject, tab: str | None) -> None:
        model = self.models[draft_id]
        edit = data.draw(edits_of(model.present))
        wanted = apply_edit(model.present, edit)
        mark = self._next_mark(model, tab)
        self._act(draft_id, lambda: self.drafts.change(draft_id, lambda design: apply_edit(design, edit), mark=mark))
        if not model.deleted:
            model.save(wanted)
            self._take(model, mark)

    @rule(draft_id=ids, by=st.sampled_from([-1, 1]), tab=st.none() | TABS)
    def walk(self, draft_id: str, by: int, tab: str | None) -> None:
        model = self.models[draft_id]
        mark = self._next_mark(model, tab)
        step = self.drafts.undo if by < 0 else self.drafts.redo
        self._act(draft_id, lambda: step(draft_id, mark))
        if not model.deleted:
            model.step(by)
            self._take(model, mark)

    @rule(draft_id=ids, tab=TABS, back=st.integers(0, 3), design=designs(max_blocks=1))
    def send_again(self, draft_id: str, tab: str, back: int, design: Design) -> None:
        """Whatever it was, an operation with a number that was taken has no effect."""
        model = self.models[draft_id]
        mark = Mark(tab, max(1, model.numbers.get(tab, 0) - back))
        if model.numbers.get(tab, 0) == 0:
            return
        self._act(draft_id, lambda: self.drafts.change(draft_id, lambda _: design, mark=mark, seen=-1))
        self._act(draft_id, lambda: self.drafts.undo(draft_id, mark, seen=-1))
        self._act(draft_id, lambda: self.drafts.redo(draft_id, mark, seen=-1))

    @rule(draft_id=ids, tab=TABS)
    def skip(self, draft_id: str, tab: str) -> None:
        model = self.models[draft_id]
        mark = self._next_mark(model, tab)
        assert mark is not None
        self._act(draft_id, lambda: self.drafts.skip(draft_id, mark))
        if not model.deleted:
            self._take(model, mark)

    @rule(draft_id=ids, age=st.integers(1, 3), design=designs(max_blocks=1), tab=st.none() | TABS)
    def change_unseen(self, draft_id: str, age: int, design: Design, tab: str | None) -> None:
        model = self.models[draft_id]
        if model.deleted:
            return
        with pytest.raises(DraftConflict) as caught:
            self.drafts.change(draft_id, lambda _: design, seen=model.revision - age, mark=self._next_mark(model, tab))
        assert caught.value.revision == model.revision

    @rule(draft_id=ids)
    def delete(self, draft_id: str) -> None:
        self.drafts.delete(draft_id)
        self.models[draft_id].deleted = True

    @rule(draft_id=ids)
    def restore(self, draft_id: str) -> None:
        self.drafts.restore(draft_id)
        self.models[draft_id].deleted = False

    @rule(target=ids, draft_id=ids)
    def duplicate(self, draft_id: str) -> object:
        model = self.models[draft_id]
        if model.deleted:
            return multiple()
        copy = self.drafts.duplicate(draft_id)
        assert copy.design.blocks == model.present.blocks
        return self._made(copy, copy.design)

    @rule(draft_id=ids)
    def name_version(self, draft_id: str) -> None:
        model = self.models[draft_id]
        if not model.deleted:
            version = self.drafts.snapshot(draft_id, f"version {len(model.versions)}")
            model.versions[version.id] = model.present

    @rule(draft_id=ids, data=st.data())
    def go_back_to_a_version(self, draft_id: str, data: st.DataObject) -> None:
        model = self.models[draft_id]
        if model.deleted or not model.versions:
            return
        version = data.draw(st.sampled_from(list(model.versions)))
        self.drafts.change(draft_id, lambda _: self.drafts.snapshot_design(version))
        model.save(model.versions[version])

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.drafts = Drafts(self.store.engine)

    def _next_mark(self, model: Model, tab: str | None) -> Mark | None:
        return Mark(tab, model.numbers.get(tab, 0) + 1) if tab else None

    def _take(self, model: Model, mark: Mark | None) -> None:
        if mark is not None:
            model.numbers[mark.client] = mark.number

    def _act(self, draft_id: str, act: object) -> None:
        if self.models[draft_id].deleted:
            with pytest.raises(DraftDeleted):
                act()  # type: ignore[operator]
        else:
            act()  # type: ignore[operator]

    @invariant()
    def all_are_as_their_models(self) -> None:
        for draft_id, model in self.models.items():
            for tab in ("ada", "ben"):
                assert self.drafts.applied(draft_id, tab) == model.numbers.get(tab, 0)
            assert {one.id for one in self.drafts.snapshots(draft_id)} == set(model.versions)
            if model.deleted:
                continue
            draft = self.drafts.get(draft_id)
            assert draft.design == model.present
            assert (draft.undo_steps, draft.redo_steps) == (model.place, len(model.designs) - 1 - model.place)
            assert draft.revision == self.drafts.revision(draft_id) == model.revision
        listed = {item.id: item for item in self.drafts.recent(limit=1000)}
        assert set(listed) == {draft_id for draft_id, model in self.models.items() if not model.deleted}
        for draft_id, item in listed.items():
            present = self.models[draft_id].present
            assert item.name == present.name.replace("\0", "\ufffd")
            assert (item.blocks, item.input_shape) == (len(list(walk(present.blocks))), present.input_shape)


TestDrafts = DraftsMachine.TestCase
TestDrafts.settings = settings(max_examples=40, stateful_step_count=25)
