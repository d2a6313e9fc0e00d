"""Whether a design takes a data set, what is said where it does not, and the edit that makes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import Conv, Head
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.training.data import SETS, Facts, fitting_edit, misfit


def test_a_design_of_another_shape_or_number_of_classes() -> None:
    mnist = SETS["mnist"].facts
    problem = misfit(preset("binarynet"), mnist)
    assert problem is not None
    assert str(problem) == (
        "binarynet/input_shape: the input is 32 x 32 x 3, and MNIST images are 28 x 28 x 1. "
        "Set the input shape to 28 x 28 x 1 to train it on them."
    )
    problem = misfit(preset("binarynet"), Facts("own", (32, 32, 3), 1000))
    assert problem is not None
    assert problem.rule == "the design has 10 classes, and own has 1,000"
    assert misfit(preset("binarynet"), SETS["cifar10"].facts) is None


@pytest.mark.parametrize("name", [name for name in PRESETS if preset(name).input_shape == (32, 32, 3)])
def test_every_preset_for_cifar_can_be_made_to_fit_digits_in_one_step(name: str) -> None:
    edit = fitting_edit(preset(name), SETS["mnist"].facts)
    assert edit is not None
    fitted = apply_edit(preset(name), edit)
    assert misfit(fitted, SETS["mnist"].facts) is None
    assert fitting_edit(fitted, SETS["mnist"].facts) is None
    lower(fitted)


def test_the_layer_that_gives_the_scores_gets_as_many_units() -> None:
    edit = fitting_edit(preset("binarynet"), Facts("own", (28, 28, 1), 7))
    assert edit is not None
    fitted = apply_edit(preset("binarynet"), edit)
    assert fitted.classes == 7
    assert [getattr(block, "units", None) for block in fitted.blocks[-4:]] == [1024, 1024, 7, None]


def test_nothing_is_offered_where_it_would_make_no_network() -> None:
    design = Design(blocks=(*(Conv(filters=8, padding="valid", kernel_size=(7, 7)) for _ in range(5)), Head()))
    # each takes away 6 pixels: 32 - 5 x 6 = 2, and 28 - 5 x 6 < 0
    assert fitting_edit(design, SETS["mnist"].facts) is None


@given(
    name=st.sampled_from(sorted(PRESETS)),
    height=st.integers(1, 64),
    width=st.integers(1, 64),
    channels=st.integers(1, 4),
    classes=st.integers(2, 1000),
)
def test_what_is_offered_fits(name: str, height: int, width: int, channels: int, classes: int) -> None:
    facts = Facts("own", (height, width, channels), classes)
    edit = fitting_edit(preset(name), facts)
    if edit is not None:
        fitted = apply_edit(preset(name), edit)
        assert misfit(fitted, facts) is None
        try:
            lower(fitted)
        except DesignError as error:
            pytest.fail(str(error))
