"""Both forms of a binary layer's sum, held to each other and to the kernels' reference."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.kernels import reference
from bnn_designer.lessons.signs import (
    INPUTS,
    KERNELS,
    RING,
    WEIGHTS,
    compare_and_count,
    convolve,
    multiply_and_add,
    signs_of,
)

pairs = st.lists(st.tuples(st.sampled_from((-1, 1)), st.sampled_from((-1, 1))), max_size=80)


def test_the_lesson_begins_with_a_sum_that_can_be_checked() -> None:
    # products: 1, -1, -1, 1, 1, -1, 1, -1
    assert multiply_and_add(INPUTS, WEIGHTS) == 4 - 4
    assert compare_and_count(INPUTS, WEIGHTS) == 2 * 4 - 8


@given(pairs)
def test_both_forms_give_one_number_of_the_parity_of_their_length(found: list[tuple[int, int]]) -> None:
    inputs, weights = [one for one, _ in found], [other for _, other in found]
    total = multiply_and_add(inputs, weights)
    assert compare_and_count(inputs, weights) == total
    assert (total - len(found)) % 2 == 0


def test_operands_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare_and_count((1, 1), (1,))


def test_the_convolution_is_that_of_the_kernels_reference() -> None:
    image = np.array(RING, np.float32)[None, :, :, None]
    kernels = np.array(list(itertools.product((-1, 1), repeat=9)), np.float32)  # all 512, the first weight slowest
    expected = reference.conv2d(image, kernels.T.reshape(3, 3, 1, 512))
    for number in range(0, 512, 7):
        found = convolve(RING, tuple(int(weight) for weight in kernels[number]))
        assert np.array_equal(found, expected[0, :, :, number])


def test_a_kernel_answers_most_to_its_own_picture() -> None:
    for kernel in KERNELS.values():
        picture = tuple(kernel[row : row + 3] for row in (0, 3, 6))
        assert convolve(picture, kernel) == ((9,),)


def test_a_pixel_as_bright_as_the_mean_of_its_picture_is_bright() -> None:
    # in all 30 + 10 + 20 + 20 = 80, so the mean is 20; what color it is of does not count
    pixels = np.array([[[30, 0, 0], [0, 10, 0]], [[0, 0, 20], [10, 5, 5]]], np.uint8)
    assert signs_of(pixels) == ((1, -1), (1, 1))
    # colors are added up in more than eight bits: 765 of 3 x 255, beside 0, and not 253
    assert signs_of(np.array([[[255, 255, 255], [255, 0, 0]]], np.uint8)) == ((1, -1),)
