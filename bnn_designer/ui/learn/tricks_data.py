"""What the pieces of the lesson on training tricks are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_designer.lessons.flips import GAMMAS, RATES, SIZES, STARTS, STREAMS, THRESHOLDS
from bnn_designer.lessons.training_tricks import NETWORK
from bnn_designer.training.known_recipes import KNOWN_RECIPES, KnownRecipe
from bnn_designer.training.recipe_text import value_text

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
