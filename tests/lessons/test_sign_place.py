"""What travels from one binary layer to the next, held to the layers that are trained; and what the next one costs."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from bnn_designer.cost import cost
from bnn_designer.design.blocks import BatchNormOptions
from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.sign_place import (
    CARRIED,
    LAYER_B,
    SUMS,
    Arrangement,
    Step,
    arrangements,
    network,
    normalized,
    signs,
)
from bnn_designer.nn import quantizers

every = pytest.mark.parametrize("one", arrangements(), ids=lambda one: f"{one.place}-{one.batch_norm}-{one.shortcut}")


def test_there_are_as_many_arrangements_as_places_for_the_sign_in_four_networks() -> None:
    assert len(set(arrangements())) == 1 + 2 + 2 + 3


@every
def test_the_values_are_those_of_the_layers_while_they_train(one: Arrangement) -> None:
    tensor = np.array(SUMS, np.float32)[:, None]
    sign = quantizers.class_of("ste_sign")()
    norm = keras.layers.BatchNormalization(epsilon=BatchNormOptions().epsilon)
    if one.place == "layer":
        tensor = sign(tensor)
    if one.batch_norm:
        tensor = norm(tensor, training=True)
        tensor = sign(tensor) if one.place == "batch_norm" else tensor
    if one.shortcut:
        tensor = tensor + np.array(CARRIED, np.float32)[:, None]
        tensor = sign(tensor) if one.place == "shortcut" else tensor
    assert one.steps[-1].values == pytest.approx(np.array(tensor)[:, 0].tolist(), abs=1e-5)


def test_a_batch_norm_has_mean_zero_and_variance_one() -> None:
    found = normalized((3, 5, 3, 5))  # mean 4, variance 1
    assert found == pytest.approx([one / (1 + BatchNormOptions().epsilon) ** 0.5 for one in (-1, 1, -1, 1)])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((1, -1, 1), "signs: 1 bit each"),
        ((1, -1, 3), "whole numbers"),
        ((0.5, -1, 0.5), "floats: 2 different ones"),
    ],
)
def test_values_are_named_by_their_kind(values: tuple[float, ...], kind: str) -> None:
    assert Step("", values).kind == kind


def test_the_sign_of_zero_is_plus() -> None:
    assert signs((0, -0.1)) == (1, -1)


@every
def test_layer_b_is_binary_where_the_sign_stands_last(one: Arrangement) -> None:
    last = "shortcut" if one.shortcut else "batch_norm" if one.batch_norm else "layer"
    assert one.reads_signs == one.reader.is_binary == (one.place == last)
    assert ("binary layer" in one.says) == one.reads_signs


@every
def test_what_layer_b_costs(one: Arrangement) -> None:
    """3 x 3 over 64 channels, 64 filters, 16 x 16 places: floats of 4 bytes, or signs, 8 of them a byte."""
    assert one.reader.macs == 3 * 3 * 64 * 64 * 16 * 16
    bits = 1 if one.reads_signs else 32
    assert one.reader.weight_bytes == 3 * 3 * 64 * 64 * bits // 8
    assert one.reader.read_bytes == 16 * 16 * 64 * bits // 8
    packed = "" if not one.reads_signs else "a pass over the floats" if one.shortcut else "layer A writes them"
    assert one.reader.packed == packed


def test_the_designs_precision_is_as_the_lesson_says() -> None:
    for reads_signs, precision in ((True, "binary"), (False, "BWN")):
        layers = {layer.name: layer.precision for layer in cost(network(reads_signs, True, True)).layers}
        assert layers[LAYER_B] == precision
    lesson = lesson_named("inputs-or-outputs")
    assert lesson is not None
    assert "4.50 KiB to 144 KiB" in lesson.design_says
    assert (3 * 3 * 64 * 64 // 8 / 1024, 3 * 3 * 64 * 64 * 4 / 1024) == (4.5, 144)


def test_the_question_is_answered_by_the_lesson_itself() -> None:
    asked = Arrangement("layer", batch_norm=True, shortcut=False)
    assert asked.steps[-1].kind == "floats: 2 different ones"
