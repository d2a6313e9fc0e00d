"""The ways on from a lesson's end: a short run, the runs that are kept, a look inside a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.lessons import COURSE, lesson_named
from bnn_designer.processes import Owner
from bnn_designer.results import catalogue
from bnn_designer.results.catalogue import CATALOGUE, entry_of
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.inside.inside_view import PARTS
from bnn_designer.ui.learn.way_on import SHORT, runs_to_look_into
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.tab import Tab

WITH_A_LOOK = tuple(lesson for lesson in COURSE if lesson.inside is not None)


def links(app: AppTest, page: str) -> list[Any]:
    return [link.proto for link in app.get("page_link") if link.proto.page == page]


def done_run(store: Store, person: str | None = None, *, weights: bool = True, status: Any = "done") -> str:
    owner = Owner.of_process()
    found = store.create_run(COURSE[0].design(), Recipe(), owner=owner, person=person)
    if status != "running":
        store.finish(found, status)
    if weights:
        path = store.checkpoint_path(found)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return found


def test_a_short_run_is_a_draft_with_the_quick_trial_on_the_train_page(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("learn", lesson="pooling", run="deadbeef")
    assert SHORT.title in texts(app)
    assert "How long it takes here is not known yet" in texts(app)
    assert "Nothing was trained in this manner" in texts(app)
    app.button("lesson_train").click().run()
    assert not app.exception
    draft = drafts.get(app.query_params["draft"])
    lesson = lesson_named("pooling")
    assert lesson is not None
    assert draft.design == lesson.design()
    assert draft.recipe_json is not None
    assert Recipe.from_json(draft.recipe_json) == SHORT.recipe(Recipe())
    shown = field(app.selectbox, "train.recipe")
    assert shown.options[shown.index] == SHORT.title
    assert "run" not in app.query_params
    assert not app.error


@pytest.mark.parametrize("there", [True, False])
def test_a_result_is_linked_where_its_file_is(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool
) -> None:
    if not there:
        monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    app = open_page("learn", lesson="first-and-last")
    found = [link for link in links(app, "runs") if "come with the program" in link.label]
    assert len(found) == int(there)
    if there:
        assert "result=first-last-narrow" in found[0].query_string
        assert entry_of("first-last-narrow").title in found[0].label


def test_what_lessons_point_to_is_there() -> None:
    assert [lesson.name for lesson in WITH_A_LOOK] == ["batch-norm", "shortcuts", "pooling"]
    assert all(lesson.inside.part in PARTS for lesson in WITH_A_LOOK if lesson.inside)
    assert {lesson.result for lesson in COURSE if lesson.result} <= set(CATALOGUE)


def test_without_a_run_the_lesson_says_how_to_get_one(open_page: OpenPage, store: Store) -> None:
    done_run(store, weights=False)
    app = open_page("learn", lesson="shortcuts")
    assert "No run has come to its end on this server yet." in texts(app)
    assert not links(app, "inside")


def test_runs_that_are_done_are_linked_to_the_part_that_the_lesson_is_about(open_page: OpenPage, store: Store) -> None:
    run = done_run(store)
    done_run(store, status="running")
    app = open_page("learn", lesson="batch-norm")
    (link,) = links(app, "inside")
    assert run in link.label
    assert f"run={run}" in link.query_string
    assert "part=sums" in link.query_string


def test_ones_own_runs_come_first_and_five_are_enough(store: Store) -> None:
    own = [done_run(store, "Ada") for _ in range(2)]
    others = [done_run(store, "Grace" if number % 2 else None) for number in range(5)]
    done_run(store, "Ada", status="failed")
    tab = Tab()

    def listed(person: str | None) -> list[str]:
        return [run.id for run in tab(runs_to_look_into, person)]

    assert set(listed("Ada")[:2]) == set(own)
    assert set(listed("Ada")[2:]) < set(others)
    assert len(listed("Ada")) == len(listed(None)) == 5
    assert listed(None) == [run.id for run in store.runs() if run.status == "done"][:5]
