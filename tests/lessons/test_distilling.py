"""One image's losses and pushes are those of a training with a teacher."""

from __future__ import annotations

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.distilling import SHARES, TEMPERATURES, softened, taught
from bnn_designer.lessons.teacher_scores import CLASSES, teacher_scores
from bnn_designer.training.objective import cross_entropy, distillation_loss
from bnn_designer.training.recipe import Recipe

scores = st.lists(st.floats(-6, 3), min_size=4, max_size=4)


def test_the_sliders_have_what_a_recipe_has_by_default() -> None:
    assert Recipe().temperature in TEMPERATURES
    assert Recipe().teacher_share in SHARES


def test_softened_by_hand() -> None:
    # e^(ln 4 / 2) = 2 to 1: of 4 to 1, halved in the exponent
    assert softened((1.386294361, 0.0), 1) == pytest.approx((4 / 5, 1 / 5))
    assert softened((1.386294361, 0.0), 2) == pytest.approx((2 / 3, 1 / 3))


@given(scores, st.sampled_from(TEMPERATURES))
def test_an_even_number_on_all_scores_changes_nothing(given_scores: list[float], temperature: float) -> None:
    moved = [score + 2 for score in given_scores]
    assert softened(moved, temperature) == pytest.approx(softened(given_scores, temperature))
    assert sum(softened(given_scores, temperature)) == pytest.approx(1)


@settings(max_examples=20, deadline=None)
@given(scores, scores, st.integers(0, 3), st.sampled_from(TEMPERATURES), st.sampled_from(SHARES))
def test_losses_and_pushes_are_those_of_the_training(
    teacher: list[float], student: list[float], label: int, temperature: float, share: float
) -> None:
    found = taught(teacher, student, label, temperature, share)
    logits = tf.Variable([student])
    with tf.GradientTape(persistent=True) as tape:
        probabilities = tf.nn.softmax(logits)
        # as objective_for has it
        of_label = cross_entropy(tf.constant([label]), probabilities)
        distance = distillation_loss(probabilities, tf.nn.softmax([teacher]), temperature)
        label_loss, teacher_loss = (1 - share) * of_label, share * distance
    assert found.of_label == pytest.approx(float(of_label[0]), rel=1e-3, abs=1e-3)
    assert found.of_teacher == pytest.approx(float(distance[0]), rel=1e-3, abs=1e-3)
    assert found.loss == pytest.approx(float(label_loss[0] + teacher_loss[0]), rel=1e-3, abs=1e-3)
    for push, loss in ((found.label_push, label_loss), (found.teacher_push, teacher_loss)):
        gradient = tape.gradient(loss, logits)
        assert push == pytest.approx([-float(one) for one in gradient[0]], rel=1e-3, abs=1e-3)
        assert sum(push) == pytest.approx(0, abs=1e-9)


def test_where_the_student_gives_what_the_teacher_gives_only_the_label_pushes() -> None:
    found = taught((1.0, 0.0, -1.0), (1.0, 0.0, -1.0), 0, 3, 0.5)
    assert found.of_teacher == pytest.approx(0)
    assert found.teacher_push == pytest.approx((0, 0, 0))
    assert found.label_push[0] > 0 > found.label_push[1]


def test_what_the_lesson_says_of_the_ship_and_the_cat() -> None:
    lesson = lesson_named("training-tricks")
    assert lesson is not None
    said = next(part.after for part in lesson.parts if part.piece == "distill")
    ship, cat = (next(one for one in teacher_scores().scores if CLASSES[one.label] == name) for name in ("ship", "cat"))
    airplane, dog, horse = map(CLASSES.index, ("airplane", "dog", "horse"))
    assert f"gives it {100 * softened(ship.teacher, 1)[ship.label]:.0f} %" in said
    shares = softened(ship.teacher, 4)
    assert f"the airplane {100 * shares[airplane]:.0f} % and the horse {100 * shares[horse]:.0f} %" in said
    assert max(softened(ship.teacher, 20)) < 0.2  # of ten classes
    assert cat.teacher[dog] > cat.teacher[cat.label]
    found = taught(cat.teacher, cat.student, cat.label, 1, 0.5)
    assert found.label_push[dog] < 0 < found.teacher_push[dog]
