"""What the pieces of the lesson on training tricks are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.distilling import SHARES, TEMPERATURES
from bnn_designer.lessons.flips import GAMMAS, RATES, SIZES, STARTS, STREAMS, THRESHOLDS
from bnn_designer.lessons.teacher_scores import CLASSES, teacher_scores
from bnn_designer.lessons.training_tricks import NETWORK
from bnn_designer.lessons.two_stages import EPOCHS, FIRST_STAGES, SEEDS
from bnn_designer.training.known_recipes import KNOWN_RECIPES, KnownRecipe
from bnn_designer.training.recipe_text import value_text
from bnn_designer.units import percent_text

#: The optimizers of a latent weight, and how the page names them.
_OPTIMIZERS = (("sgd", "SGD, no momentum"), ("adam", "Adam"))


def flips() -> Mapping[str, Any]:
    """The streams of gradients, and the values that can be set."""
    return {
        "streams": [{"title": one.title, "says": one.says, "gradients": one.gradients} for one in STREAMS.values()],
        "sizes": SIZES,
        "optimizers": _OPTIMIZERS,
        "starts": STARTS,
        "rates": RATES,
        "gammas": GAMMAS,
        "thresholds": THRESHOLDS,
    }


def recipes() -> Mapping[str, Any]:
    """The recipes of the Train page, those to start from and those that go wrong."""
    titles = {False: "To start from, or to compare", True: "To see what goes wrong"}
    return {
        "first": "bop",
        "groups": [
            {
                "title": title,
                "recipes": [
                    {"name": name, "title": known.title, "rows": recipe_rows(name, known)}
                    for name, known in KNOWN_RECIPES.items()
                    if known.goes_wrong is wrong
                ],
            }
            for wrong, title in titles.items()
        ],
    }


def recipe_rows(name: str, known: KnownRecipe) -> tuple[tuple[str, str], ...]:
    """What a recipe does and what came of it, as terms and texts."""
    changed = ", ".join(f"{field.replace('_', ' ')} {value_text(value)}" for field, value in known.fields.items())
    values = changed or "nothing"
    if known.change is not None:
        values += "; and the network is changed, as its title says"
    network = NETWORK if not known.designs or NETWORK in known.designs else known.designs[0]
    return (
        ("Set by it", values),
        ("What one sees, and why", known.expect),
        ("Measured", known.measured),
        ("Made for", ", ".join(known.designs) or "any network"),
        ("In a terminal", f"bnn-designer train {network} --recipe {name}"),
    )


def two_stages() -> Mapping[str, Any]:
    """What can be set of the tiny network that is trained in one stage and in two, and what to guess first."""
    return {
        "seeds": SEEDS,
        "first_stages": [one for one in FIRST_STAGES if one],
        "first": EPOCHS // 2,
        "question": f"A tiny binary network is trained for {EPOCHS} epochs, once in one stage and once in two stages "
        f"of {EPOCHS // 2}, with {len(SEEDS)} seeds each. Which comes out ahead?",
        "choices": (
            "Two stages, in nearly every case",
            "One stage, in nearly every case",
            "Sometimes one, sometimes two",
        ),
    }


def distillation() -> Mapping[str, Any]:
    """The scores of a teacher and its student for a test image of each class, and what can be set."""
    runs = teacher_scores()
    return {
        "classes": CLASSES,
        "images": [
            {"title": CLASSES[one.label], "label": one.label, "teacher": one.teacher, "student": one.student}
            for one in runs.scores
        ],
        "first": next(place for place, one in enumerate(runs.scores) if CLASSES[one.label] == "ship"),
        "temperatures": TEMPERATURES,
        "shares": SHARES,
        "question": "The temperature divides all scores before the softmax. It rises from 1 to 20. What becomes of "
        "what the teacher gives to the classes?",
        "choices": ["Its favorite gets nearly all", "All get about the same", "Nothing changes"],
        "why": "A high temperature makes all classes nearly alike, and a low one leaves the favorite alone. In "
        "between, one sees which wrong classes the teacher finds nearly right. Move it.",
        "says": "The first test image of each class. The teacher is the student's full-precision twin "
        f"({percent_text(runs.teacher)} of the test images right; the student {percent_text(runs.student)}). A push is "
        "the negative derivative of the loss by the student's score: above 0 the score rises. Hollow bars go down.",
    }
