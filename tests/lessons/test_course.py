"""What every lesson has; and that what it says of its network is so."""

from __future__ import annotations

import pytest

from bnn_designer.cost import cost
from bnn_designer.design.blocks import BinaryConv, Shortcut
from bnn_designer.graph import lower
from bnn_designer.lessons import COURSE, Lesson, lesson_named, neighbours

every = pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.name)


@every
def test_a_lesson_is_whole(lesson: Lesson) -> None:
    assert lesson.name.replace("-", "").isalnum()
    assert 5 <= lesson.minutes <= 10
    assert 0 <= lesson.question.right < len(lesson.question.choices)
    assert len(set(lesson.question.choices)) == len(lesson.question.choices) >= 3
    assert all(part.text for part in lesson.parts)
    assert all(source.text and source.says for source in lesson.sources)
    design = lesson.design()
    lower(design)  # no error in it
    assert (design.input_shape, design.classes) == ((32, 32, 3), 10)  # a short run trains it on CIFAR-10


def test_lessons_are_found_by_their_names_and_lead_to_each_other() -> None:
    assert len({lesson.name for lesson in COURSE}) == len(COURSE)
    assert lesson_named(COURSE[1].name) is COURSE[1]
    assert lesson_named("no such lesson") is None
    assert neighbours(COURSE[0]) == (None, COURSE[1])
    assert neighbours(COURSE[-1]) == (COURSE[-2], None)


def test_the_binary_layer_of_lesson_1_has_the_size_that_it_says() -> None:
    lesson = COURSE[0]
    counts = {layer.name: layer.count for layer in cost(lesson.design()).layers}
    binary, stem = 3 * 3 * 32 * 32, 3 * 3 * 3 * 32
    assert counts["binary_conv_1"].params_by_bits == {1: binary}
    assert counts["conv_1"].params_by_bits == {32: stem}
    assert binary > 10 * stem
    for number in (binary, binary // 8, stem * 4):
        assert f"{number:,}" in lesson.design_says
    assert 3 * (binary // 8) == stem * 4  # a third of the bytes


def test_the_layers_of_lesson_2_are_quantized_as_it_says() -> None:
    shortcut = next(block for block in COURSE[1].design().blocks if isinstance(block, Shortcut))
    layer = shortcut.body[0]
    assert isinstance(layer, BinaryConv)
    assert str(layer.input_quantizer) == "approx_sign"
    assert str(layer.kernel_quantizer) == "ste_sign"
    assert str(layer.kernel_constraint) == "weight_clip"
