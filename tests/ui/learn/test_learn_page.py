"""The Learn page on a real store: the course, the lessons by their addresses, and the network that each ends in."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.lessons import COURSE, Lesson
from bnn_designer.lessons.signs import RING, signs_of
from bnn_designer.results.catalogue import entry_of
from bnn_designer.results.kept import read_result
from bnn_designer.runs.drafts import Drafts
from bnn_designer.units import with_minus
from tests.ui.components import press, shown
from tests.ui.conftest import OpenPage, texts


def test_the_course_lists_its_lessons_and_one_opens(open_page: OpenPage) -> None:
    app = open_page("learn")
    assert [lesson["name"] for lesson in shown(app, "course")["lessons"]] == [lesson.name for lesson in COURSE]
    press(app, "course", "opened", "no-slope")
    assert app.query_params["lesson"] == "no-slope"
    assert "2. Sign has no slope" in texts(app)


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.name)
def test_a_lesson_is_drawn_with_its_question_pieces_and_sources(open_page: OpenPage, lesson: Lesson) -> None:
    app = open_page("learn", lesson=lesson.name)
    asked = shown(app, f"{lesson.name}.question")
    assert (asked["text"], asked["right"]) == (lesson.question.text, lesson.question.right)
    pieces = [part.piece for part in lesson.parts if part.piece]
    assert pieces
    for piece in pieces:
        assert shown(app, f"{lesson.name}.{piece}")
    assert "arXiv" in texts(app)


def test_next_and_previous_lead_through_the_course(open_page: OpenPage) -> None:
    app = open_page("learn", lesson=COURSE[0].name)
    app.button("lesson_after_end").click().run()
    assert app.query_params["lesson"] == COURSE[1].name
    app.button("lesson_before_top").click().run()
    assert "1. One binary layer" in texts(app)
    app.button("lesson_all_top").click().run()
    assert "lesson" not in app.query_params
    assert shown(app, "course")


def test_the_whole_course_is_one_page_with_every_question_piece_and_answer(open_page: OpenPage) -> None:
    app = open_page("learn")
    app.button("course_whole").click().run()
    assert app.query_params["lesson"] == "all"
    assert not app.exception
    said = texts(app)
    for number, lesson in enumerate(COURSE, start=1):
        assert f"{number}. {lesson.title}" in said
        assert shown(app, f"{lesson.name}.question")["text"] == lesson.question.text
        assert all(shown(app, f"{lesson.name}.{part.piece}") for part in lesson.parts if part.piece)
        assert shown(app, f"{lesson.name}.answer")["why"] == lesson.question.why
    assert shown(app, f"{COURSE[0].name}.answer")["right"] == "3."
    app.button("unprinted_all").click().run()
    assert shown(app, "course")


def test_an_address_of_no_lesson_says_so_and_shows_the_course(open_page: OpenPage) -> None:
    app = open_page("learn", lesson="<b>no</b>")
    assert "There is no lesson" in app.warning[0].value
    assert "<b>" not in app.warning[0].value.replace("\\<", "")
    assert shown(app, "course")
    assert "lesson" not in app.query_params


def test_the_network_of_a_lesson_opens_in_the_designer(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page("learn", lesson=COURSE[0].name)
    app.button("lesson_design").click().run()
    assert not app.exception
    assert drafts.get(app.query_params["draft"]).design == COURSE[0].design()
    assert shown(app, "canvas")["rows"]


def test_the_first_lesson_has_real_pictures_where_the_server_has_some_and_a_ring(
    open_page: OpenPage, synthetic_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = {"title": "a drawn ring", "pixels": "", "signs": [list(row) for row in RING]}
    for folder, titles in ((tmp_path, []), (synthetic_data.parent, ["ship", "frog", "car", "cat", "horse"])):
        monkeypatch.setenv("BNN_DATA_DIR", str(folder))
        images = shown(open_page("learn", lesson=COURSE[0].name), "binary-layer.convolution")["images"]
        assert [one["title"] for one in images] == [*(f"a {title}" for title in titles), "a drawn ring"]
        assert images[-1] == ring | {"says": images[-1]["says"]}
        for one in images[:-1]:
            pixels = np.frombuffer(base64.b64decode(one["pixels"]), np.uint8).reshape(32, 32, 3)
            assert one["signs"] == [list(row) for row in signs_of(pixels)]


def test_a_lesson_does_without_the_runs_that_come_with_the_program(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnn_designer.results.catalogue.FOLDER", tmp_path)
    app = open_page("learn", lesson="first-and-last")
    curves = shown(app, "first-and-last.ends")
    assert [(one["here"], one["runs"]) for one in curves["precisions"]] == [([], 0)] * 3
    assert "without the folder of results" in curves["missing"]
    assert {pair["accuracy"] for pair in shown(app, "first-and-last.plane")["pairs"]} == {None}


def test_a_broken_file_of_runs_is_told_in_place_of_its_piece(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first-last-narrow.json").write_text("{}")
    monkeypatch.setattr("bnn_designer.results.catalogue.FOLDER", tmp_path)
    app = open_page("learn", lesson="first-and-last")
    assert not app.exception
    assert [error.value for error in app.error if "Restore it from the repository" in error.value]
    assert shown(app, "first-and-last.question")


def test_a_result_is_shown_when_it_is_trained_and_its_command_before(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept file of another result, under the name of this one, has the same form."""
    kept = entry_of("first-last-narrow").file.read_text(encoding="utf-8")
    monkeypatch.setattr("bnn_designer.results.catalogue.FOLDER", tmp_path)
    said = shown(open_page("learn", lesson="batch-norm"), "batch-norm.verdict")
    assert said["rows"] == []
    assert "not trained yet" in said["says"]
    assert entry_of("batch-norm").command in said["says"]
    (tmp_path / "batch-norm.json").write_text(kept, encoding="utf-8")
    said = shown(open_page("learn", lesson="batch-norm"), "batch-norm.verdict")
    assert said["rows"][0]["title"] == "full precision"
    assert said["says"] == entry_of("batch-norm").note


def test_the_accuracy_of_each_way_of_shortcuts_stands_beside_its_memory(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept file of another result of three variants, with two of them, under the name of this one."""
    kept = read_result(entry_of("first-last-narrow").file)
    monkeypatch.setattr("bnn_designer.results.catalogue.FOLDER", tmp_path)

    def accuracies() -> list[str]:
        given = shown(open_page("learn", lesson="shortcuts"), "shortcuts.carried")
        assert given["more"] == ["Best accuracy"]
        return [stage["texts"][4] for stage in given["stages"]]

    assert accuracies() == ["not trained yet"] * 3
    some = kept.model_copy(update={"runs": kept.of_variant(0) + kept.of_variant(2), "missing": 3})
    (tmp_path / "shortcuts.json").write_text(some.to_json(), encoding="utf-8")
    found = [kept.best(variant) for variant in (0, 2)]
    none, two, one = accuracies()
    assert [none, one] == [f"{best.text}, 3 runs" for best in found if best is not None]
    assert two == "not trained yet"


def test_lessons_have_the_sign_for_minus_and_no_hyphen_in_its_place() -> None:
    texts = [
        text
        for lesson in COURSE
        for text in (
            lesson.idea,
            lesson.design_says,
            lesson.question.text,
            lesson.question.why,
            *lesson.question.choices,
            *(text for part in lesson.parts for text in (part.text, part.after)),
        )
    ]
    assert not [text for text in texts if with_minus(text) != text]
    assert "\N{MINUS SIGN}2" in COURSE[0].question.choices
