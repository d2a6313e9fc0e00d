"""The lesson on the first and the last layer with runs of a student's own, and of a class's."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.lessons import ends
from bnn_designer.runs.classes import Classes, Members
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store, StoreError
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.learn import ends_data
from bnn_designer.ui.learn.way_on import SHORT
from tests.classroom.test_own_ends import epoch
from tests.ui.components import press, shown
from tests.ui.conftest import OpenPage, texts
from tests.ui.shared.test_sign_in import ADA, BEN, Visitor, visitor

__all__ = ["visitor"]

LESSON, FIGURE, PLANE = "first-and-last", "first-and-last.ends", "first-and-last.plane"
PLAIN, BINARY = ("float", "float"), ("binary", "binary")


def trained(store: Store, pair: tuple[str, str], *accuracies: float, person: str | None = None) -> str:
    run = store.create_run(ends.network(*pair), SHORT.recipe(Recipe()), person=person)
    for number, accuracy in enumerate(accuracies, start=1):
        store.add_event(run, epoch(number, accuracy))
    return run


def own(app: AppTest) -> dict[str, Any]:
    """What the figure has of one's own runs, by the precisions' titles."""
    return {one["title"]: one["own"] for one in shown(app, FIGURE)["precisions"] if one["own"] is not None}


def test_without_a_run_three_buttons_train_one_each(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("learn", lesson=LESSON)
    assert own(app) == {}
    assert shown(app, FIGURE)["owners"] == "Runs of this server"
    assert f"A short run is {SHORT.title}" in texts(app)
    app.button("train_ends_bwn").click().run()
    draft = drafts.get(app.query_params["draft"])
    assert draft.design == ends.network("bwn", "bwn")
    assert draft.recipe_json is not None
    assert Recipe.from_json(draft.recipe_json) == SHORT.recipe(Recipe())


def test_runs_of_ones_own_stand_in_the_figure_and_on_the_plane(open_page: OpenPage, store: Store) -> None:
    run = trained(store, PLAIN, 0.3, 0.4)
    mixed = trained(store, ("float", "binary"), 0.35)
    app = open_page("learn", lesson=LESSON)
    (found,) = own(app).values()
    assert (found["run"], found["curve"], found["whose"]) == (run, [0.3, 0.4], "of this server")
    assert found["trained"] == "3 epochs of 10,000 images, still training"
    placed = {(one["first"], one["last"]): one["own"] for one in shown(app, PLANE)["pairs"] if one["own"]}
    assert {pair: one["run"] for pair, one in placed.items()} == {PLAIN: run, ("float", "binary"): mixed}
    keys = [button.key for button in app.button]
    assert "train_ends_float" not in keys
    assert {"train_ends_bwn", "train_ends_binary"} <= set(keys)


def test_under_a_name_only_ones_own_runs_count(open_page: OpenPage, store: Store) -> None:
    mine = trained(store, PLAIN, 0.3, person="ada")
    trained(store, BINARY, 0.2, person="Grace")
    app = open_page("learn", lesson=LESSON)
    app.session_state["notes"].person = "Ada"
    app.run()
    assert [(one["run"], one["whose"]) for one in own(app).values()] == [(mine, "yours")]
    assert shown(app, FIGURE)["owners"] == "Your runs"


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_class_has_its_runs_without_others_names(
    open_page: OpenPage, store: Store, signed_in: bool, request: pytest.FixtureRequest
) -> None:
    record, _ = Classes(store.engine).create("7b")
    other, _ = Members(store.engine).join(record.id)
    theirs = store
    if signed_in:
        who: Visitor = request.getfixturevalue("visitor")
        theirs = store.for_account(who.is_(BEN).account)
        who.is_(ADA)
    run = trained(theirs, BINARY, 0.2, person=other.nickname)
    trained(theirs, PLAIN, 0.3, person="nobody of the class")
    app = open_page("learn", join=record.code)
    app.button("class_join").click().run()
    press(app, "class_membership", "kept", shown(app, "class_membership")["cookie"])
    app.query_params["lesson"] = LESSON
    app.run()
    assert [(one["run"], one["whose"]) for one in own(app).values()] == [(run, "your class's")]
    assert shown(app, FIGURE)["owners"] == "Runs of your class"
    assert other.nickname not in texts(app) + str(shown(app, FIGURE)) + str(shown(app, PLANE))


def test_a_store_that_cannot_be_read_is_said_in_place_of_the_figure(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> None:
        raise StoreError("The store is locked.")

    monkeypatch.setattr(ends_data, "own_runs", locked)
    app = open_page("learn", lesson=LESSON)
    assert [error.value for error in app.error] == ["The store is locked\\."] * 2  # the figure and the plane
    assert not [button.key for button in app.button if str(button.key).startswith("train_ends")]


def test_on_paper_there_is_nothing_to_press(open_page: OpenPage) -> None:
    app = open_page("learn", lesson="all")
    assert not [button.key for button in app.button if str(button.key).startswith("train_ends")]
