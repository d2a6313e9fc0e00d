from __future__ import annotations

import numpy as np
import pytest

from bnn_designer.inspection.answers import confusion, expected_calibration_error, reliability, worst_mistakes

#: Four images of three classes, the likeliest class with probability 0.5, 0.9, 0.6 and 0.6.
PROBABILITIES = np.array([[0.5, 0.3, 0.2], [0.05, 0.9, 0.05], [0.6, 0.3, 0.1], [0.6, 0.1, 0.3]], np.float32)
LABELS = np.array([0, 2, 1, 0])


def test_rows_are_classes_and_columns_are_answers() -> None:
    assert confusion(LABELS, PROBABILITIES.argmax(axis=1), 3).tolist() == [[2, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_the_surest_mistake_is_the_worst() -> None:
    first, second = worst_mistakes(PROBABILITIES, LABELS, 5)
    assert (first.place, first.label, first.answer) == (1, 2, 1)
    assert (first.sure, first.of_label) == (pytest.approx(0.9), pytest.approx(0.05))
    assert (second.place, second.label, second.answer) == (2, 1, 0)
    assert len(worst_mistakes(PROBABILITIES, LABELS, 1)) == 1


def test_the_calibration_error_is_the_mean_distance_of_a_bin_from_what_it_promises() -> None:
    """Bins of a half: (0, 0.5] holds one image, 0.5 sure and right; (0.5, 1] three, 0.7 sure and one right."""
    low, high = reliability(PROBABILITIES, LABELS, bins=2)
    assert (low.images, low.right) == (1, 1)
    assert low.sure == pytest.approx(0.5)
    assert (high.images, high.right) == (3, pytest.approx(1 / 3))
    assert high.sure == pytest.approx((0.9 + 0.6 + 0.6) / 3)
    assert expected_calibration_error((low, high)) == pytest.approx((1 * 0.5 + 3 * (0.7 - 1 / 3)) / 4)


def test_an_answer_that_is_certain_has_a_bin_and_an_empty_bin_weighs_nothing() -> None:
    bins = reliability(np.array([[1.0, 0.0]], np.float32), np.array([0]), bins=10)
    assert [one.images for one in bins] == [0] * 9 + [1]
    assert expected_calibration_error(bins) == 0
    assert expected_calibration_error(reliability(np.zeros((0, 2), np.float32), np.zeros(0, int))) == 0
