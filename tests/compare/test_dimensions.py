"""What a sweep may vary of a design: each value makes a network, or says why it does not apply."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.compare import network_key
from bnn_designer.compare.dimensions import AS_IS, DIMENSIONS, Choice, VaryError, choice_of_variant, varied
from bnn_designer.compare.variants import VARIANTS
from bnn_designer.compare.widths import scaled_size, widths
from bnn_designer.cost import cost
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower

NAMES = ("binarynet", "bi-real-cifar", "melius-net-cifar", "quicknet-cifar")
choices = st.fixed_dictionaries(
    {
        name: st.sampled_from((AS_IS, *one.options, *(("0.5", "2") if one.number else ())))
        for name, one in DIMENSIONS.items()
    }
)


@settings(max_examples=40)
@given(st.sampled_from(NAMES), choices, st.randoms(use_true_random=False))
def test_every_combination_is_a_network_whatever_the_order_or_says_why_not(
    name: str, values: dict[str, str], random: object
) -> None:
    found = [Choice(dimension, value) for dimension, value in values.items()]
    shuffled = found.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    try:
        design = varied(preset(name), tuple(found))
    except VaryError as error:
        refused = str(error)
        assert "does not apply" in refused
        return
    lower(design)
    assert network_key(varied(preset(name), tuple(shuffled))) == network_key(design)
    assert len(design.name) <= 80


def test_nothing_chosen_is_the_design_itself() -> None:
    design = preset("binarynet")
    assert varied(design, ()) == design
    assert varied(design, tuple(Choice(name, AS_IS) for name in DIMENSIONS)) == design


def test_a_variant_says_in_its_name_what_it_is() -> None:
    found = varied(preset("bi-real-cifar"), (Choice("shortcuts", "none"), Choice("first-last", "bwn")))
    assert found.name == "bi-real-cifar (shortcuts none, first-last bwn)"


def test_a_design_without_shortcuts_has_none_already() -> None:
    design = preset("binarynet")
    assert network_key(varied(design, (Choice("shortcuts", "none"),))) == network_key(design)


def test_twice_as_wide_is_four_times_the_weights_between() -> None:
    before, after = preset("binarynet"), varied(preset("binarynet"), (Choice("width", "2"),))
    assert {one.size for one in widths(after)} == {2 * one.size for one in widths(before)}
    # 3x3 kernels of 128 to 128 channels become 3x3 of 256 to 256; the classes stay
    counts = [{layer.name: layer.count.params for layer in cost(one).layers} for one in (before, after)]
    assert counts[0]["binary_conv_2"] == 3 * 3 * 128 * 128
    assert counts[1]["binary_conv_2"] == 3 * 3 * 256 * 256
    assert lower(after).layers[-1].output.shape == (10,)


@pytest.mark.parametrize(
    ("size", "factor", "scaled"), [(128, 0.5, 64), (64, 0.3, 16), (8, 0.1, 8), (10, 0.25, 2), (3, 0.01, 1)]
)
def test_a_width_stays_a_multiple_of_8_where_it_is_one(size: int, factor: float, scaled: int) -> None:
    assert scaled_size(size, factor) == scaled


def test_variants_of_the_what_if_are_choices() -> None:
    assert choice_of_variant("shortcuts-every-two") == Choice("shortcuts", "two")
    assert choice_of_variant("ends-8-bit") == Choice("first-last", "8-bit")
    assert choice_of_variant("nothing") is None
    assert all(choice_of_variant(one.name) is not None for one in VARIANTS)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice("depth", "2"), r"depth: it is nothing that can be varied in a design. Choose one of width, shortcuts"),
        (
            Choice("shortcuts", "three"),
            r"has no such value. Choose one of none, two, one, as-is",
        ),
        (Choice("width", "99"), r"width=99: a factor is a number from 0.0625 to 16"),
        (Choice("width", "nan"), r"width=nan: a factor is a number"),
        (Choice("pool", "before"), r"bi-real-cifar, pool=before: it does not apply: no block of the design pools"),
        (Choice("weight-clip", "none"), None),
    ],
)
def test_what_is_not_known_or_does_not_apply_is_said(choice: Choice, message: str | None) -> None:
    if message is None:
        varied(preset("bi-real-cifar"), (choice,))
        return
    with pytest.raises(VaryError, match=message):
        varied(preset("bi-real-cifar"), (choice,))
