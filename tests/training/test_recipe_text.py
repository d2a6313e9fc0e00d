"""A recipe in words: two that train otherwise have another text."""

from __future__ import annotations

import pytest

from bnn_designer.training.recipe import Recipe
from bnn_designer.training.recipe_text import recipe_text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "10 epochs of 50,000 images"),
        ({"epochs": 1, "subset": 500, "validation_subset": 2000}, "1 epoch of 500 images, validated on 2,000"),
        ({"data": "/images/birds"}, "10 epochs of all images, data /images/birds"),
        ({"optimizer": "sgd"}, "10 epochs of 50,000 images, optimizer sgd"),
        (
            {"optimizer": "sgd", "learning_rate": 0.003},
            "10 epochs of 50,000 images, optimizer sgd, learning rate 0.003",
        ),
        ({"augment": False, "teacher": "0123abcd"}, "10 epochs of 50,000 images, teacher 0123abcd, augment off"),
        ({"milestones": (0.25, 0.5)}, "10 epochs of 50,000 images, milestones 0.25 0.5"),
    ],
)
def test_what_is_not_as_by_default_is_told(changes: dict[str, object], text: str) -> None:
    assert recipe_text(Recipe.from_fields(**changes)) == text


def test_the_seed_is_not_told_and_nothing_else_is_left_out() -> None:
    first = Recipe()
    assert recipe_text(first.changed(seed=9)) == recipe_text(first)
    others = {
        "data": "mnist",
        "epochs": 3,
        "subset": 100,
        "batch_size": 60,
        "optimizer": "sgd",
        "learning_rate": 0.0030001,
        "momentum": 0.8,
        "bop_gamma": 1e-5,
        "bop_threshold": 1e-7,
        "schedule": "step",
        "warmup": 0.1,
        "milestones": (0.5,),
        "step_factor": 0.2,
        "label_smoothing": 0.1,
        "first_stage_epochs": 2,
        "teacher": "0123abcd",
        "teacher_share": 0.6,
        "temperature": 3.0,
        "start_from": "0123abcd",
        "augment": False,
        "engine": "float",
        "gradients": "int8",
        "validation_subset": 100,
    }
    assert {*others, "seed"} == set(Recipe.model_fields)
    assert len({recipe_text(first), *(recipe_text(first.changed(**{name: to})) for name, to in others.items())}) == 24
