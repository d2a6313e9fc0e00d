"""What a sweep is: from the words of a command, as JSON and back, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.compare.dimensions import Choice, VaryError
from bnn_designer.design.presets import preset
from bnn_designer.sweeps.definition import Sweep, SweepError, SweepVariant, axis_of, members, product_of, seeds_from
from bnn_designer.training.recipe import Recipe, RecipeError


def test_every_combination_the_last_changing_first() -> None:
    found = product_of([axis_of("shortcuts=none,one"), axis_of("learning-rate=0.001, 0.01")])
    assert [one.title for one in found] == [
        "shortcuts=none, learning_rate=0.001",
        "shortcuts=none, learning_rate=0.01",
        "shortcuts=one, learning_rate=0.001",
        "shortcuts=one, learning_rate=0.01",
    ]
    assert found[3] == SweepVariant((Choice("shortcuts", "one"),), (("learning_rate", 0.01),))


def test_all_variants_come_with_the_first_seed_first() -> None:
    variants = product_of([axis_of("shortcuts=none,one")])
    sweep = Sweep(preset("bi-real-cifar"), Recipe(), variants, seeds_from(7, 2))
    assert list(members(sweep)) == [(0, 7), (1, 7), (0, 8), (1, 8)]
    assert sweep.recipe_of(variants[1], 8).seed == 8


@given(
    st.lists(st.sampled_from(["shortcuts=none,one", "epochs=1,2", "augment=true,false", "width=0.5,1"]), unique=True),
    st.integers(0, 100),
    st.integers(1, 5),
)
def test_json_and_back_is_the_same_sweep(axes: list[str], first: int, count: int) -> None:
    sweep = Sweep(
        preset("bi-real-cifar"),
        Recipe(epochs=3),
        product_of([axis_of(text) for text in axes]),
        seeds_from(first, count),
    )
    assert Sweep.from_json(sweep.to_json()) == sweep
    assert Sweep.from_json(sweep.to_json()).to_json() == sweep.to_json()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"design": 1}', '{"design": {}, "recipe": {}, "variants": 3, "seeds": []}']
)
def test_what_is_no_sweep_is_refused(text: str) -> None:
    with pytest.raises(Exception, match=r"cannot be read|must be a JSON object|needs a variant"):
        Sweep.from_json(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shortcuts", "it does not say what to vary"),
        ("shortcuts=,", "it does not say what to vary"),
        ("shortcuts=one,one", "a value is there twice"),
        ("seed=1,2", "the seeds of a sweep are given with --seeds"),
        ("data=mnist,cifar10", "accuracies on different images do not compare"),
        ("colour=red", r"nothing of this name to vary. Of a design: width, .* Of a recipe: epochs, subset"),
        ("shortcuts=four", "Choose one of none, two, one, as-is"),
    ],
)
def test_a_mistyped_axis_says_what_there_is(text: str, message: str) -> None:
    with pytest.raises(VaryError, match=message):
        axis_of(text)


def test_too_much_at_once_is_refused() -> None:
    with pytest.raises(SweepError, match="varied twice"):
        product_of([axis_of("shortcuts=one"), axis_of("shortcuts=two")])
    with pytest.raises(SweepError, match="at least one seed"):
        seeds_from(0, 0)
    many = tuple(SweepVariant(settings=(("epochs", epochs),)) for epochs in range(1, 52))
    with pytest.raises(SweepError, match=r"51 variants with 10 seeds each are 510 runs, and a sweep has 500 at most"):
        Sweep(preset("binarynet"), Recipe(), many, seeds_from(0, 10))
    with pytest.raises(RecipeError, match="learning_rate"):
        Sweep(preset("binarynet"), Recipe(), many[:1], (0,)).recipe_of(product_of([axis_of("learning_rate=7")])[0], 0)
