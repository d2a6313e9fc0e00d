"""What a teacher sees of a class, worked out from what its members have done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.classroom import boards, by_lesson, by_member, read_report, scores
from bnn_designer.classroom.board import NOBODY, file_bytes_of
from bnn_designer.compare import Unknown
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.lessons import COURSE
from bnn_designer.lessons.budget_puzzle import code_of, codes, every, front
from bnn_designer.runs.classes import LessonState, Member, Report
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

FIRST, SECOND = COURSE[0], COURSE[1]
RIGHT = FIRST.question.right
WRONG = (RIGHT + 1) % len(FIRST.question.choices)
CODE = code_of(front()[0].layers)


def member(name: str, *states: LessonState, puzzle: tuple[str, ...] = ()) -> Member:
    lessons = {lesson.name: state for lesson, state in zip(COURSE, states, strict=False)}
    return Member(name, "class", name, 0.0, lessons, puzzle)


def test_a_report_is_read_as_the_course_has_it() -> None:
    sent = {
        "lessons": {FIRST.name: {"answer": 0, "done": True}, SECOND.name: {}, "another": {"answer": 0}},
        "puzzle": [CODE, "1b", CODE, 7],
    }
    assert read_report(sent) == Report({FIRST.name: LessonState(0, True), SECOND.name: LessonState()}, (CODE,))


@pytest.mark.parametrize("answer", [-1, len(FIRST.question.choices), True, 0.0, "0", None, [], {}])
def test_an_answer_that_is_no_choice_is_none(answer: Any) -> None:
    assert read_report({"lessons": {FIRST.name: {"answer": answer, "done": 1}}}).lessons == {FIRST.name: LessonState()}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["lessons", "puzzle", FIRST.name, "answer"]), inner)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_whatever_is_sent_makes_a_report_of_the_course(sent: Any) -> None:
    found = read_report(sent)
    assert set(found.lessons) <= {lesson.name for lesson in COURSE}
    assert set(found.puzzle) <= codes()


def test_the_codes_are_those_of_all_choices() -> None:
    assert codes() == {code_of(one.layers) for one in every()}
    assert len(codes()) == (2 * 2 * 2) ** 3


def test_lessons_count_who_began_answered_and_finished() -> None:
    class_of = [
        member("a", LessonState(RIGHT, done=True), LessonState()),
        member("b", LessonState(WRONG)),
        member("c", LessonState(RIGHT)),
        member("d", LessonState(done=True)),
        member("e"),
    ]
    found = by_lesson(class_of)
    assert [one.lesson for one in found] == list(COURSE)
    first, second = found[:2]
    assert (first.begun, first.answered, first.right, first.done) == (4, 3, 2, 2)
    assert [first.answers[RIGHT], first.answers[WRONG]] == [2, 1]
    assert (second.begun, second.answered, second.done) == (1, 0, 0)
    assert by_lesson([])[0].answers == (0,) * len(FIRST.question.choices)
    rows = {one.nickname: (one.steps[:2], one.answered, one.right, one.done) for one in by_member(class_of)}
    assert rows == {
        "a": (("done", "begun"), 1, 1, 1),
        "b": (("wrong", ""), 1, 0, 0),
        "c": (("right", ""), 1, 1, 0),
        "d": (("done", ""), 0, 0, 1),
        "e": (("", ""), 0, 0, 0),
    }


def test_the_scoreboard_ranks_by_the_front_then_by_what_was_kept_beside_it() -> None:
    best = [code_of(one.layers) for one in front()]
    beaten = next(code_of(one.layers) for one in every() if code_of(one.layers) not in best)
    found = scores(
        [
            member("none"),
            member("one and more", puzzle=(best[0], beaten)),
            member("two", puzzle=(best[0], best[1])),
            member("b, one", puzzle=(best[1],)),
            member("a, one", puzzle=(best[0],)),
        ]
    )
    assert [(one.place, one.nickname, one.found, one.kept) for one in found] == [
        (1, "two", 2, 2),
        (2, "a, one", 1, 1),
        (2, "b, one", 1, 1),
        (4, "one and more", 1, 2),
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """A run as the store hands it out, to be changed."""
    home: Path = tmp_path_factory.mktemp("home")
    store = Store(f"sqlite:///{home / 'runs.sqlite'}", home)
    found = store.run(store.create_run(preset("bi-real-cifar"), Recipe(epochs=1)))
    store.close()
    return found


def test_each_data_set_has_a_board_with_a_front_of_its_own(run: RunRecord) -> None:
    small, large = preset("bi-real-cifar").to_json(), preset("binarynet").to_json()
    sizes = [file_bytes_of(text) for text in (small, large)]
    assert not any(isinstance(size, Unknown) for size in sizes)
    assert sizes[0] < sizes[1]  # type: ignore[operator]

    def made(name: str, design: str, accuracy: float | None, data: str = "cifar10") -> RunRecord:
        recipe = Recipe(epochs=1, data=data).to_json()
        return replace(run, id=name, design_json=design, best_val_accuracy=accuracy, recipe_json=recipe)

    runs = [
        (made("small", small, 0.6), "Otter 17"),
        (made("beaten", large, 0.5), "Hare 20"),
        (made("large", large, 0.7), None),
        (made("waits", small, None), "Otter 17"),
        (made("digits", small, 0.9, "mnist"), "Hare 20"),
    ]
    cifar, mnist = boards(runs)
    assert (cifar.data, mnist.data) == ("CIFAR-10", "MNIST")
    assert [(one.run_id, one.who, one.on_front) for one in cifar.entries] == [
        ("small", "Otter 17", True),
        ("large", NOBODY, True),
        ("beaten", "Hare 20", False),
        ("waits", "Otter 17", False),
    ]
    assert [(one.run_id, one.on_front) for one in mnist.entries] == [("digits", True)]
    assert boards([]) == ()


def test_a_design_that_makes_no_file_is_on_the_board_without_a_point(run: RunRecord) -> None:
    broken = replace(run, design_json=Design(name="empty").to_json(), best_val_accuracy=0.5)
    unreadable = replace(run, design_json="{", best_val_accuracy=0.5)
    (found,) = boards([(broken, "Otter 17"), (unreadable, "Otter 17")])
    assert [entry.point for entry in found.entries] == [None, None]
    assert all(isinstance(entry.file_bytes, Unknown) and not entry.on_front for entry in found.entries)
