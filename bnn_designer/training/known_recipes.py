"""Recipes by name: those to start from, and some that go wrong, to see what they do.

A recipe says with which figures it was measured and how, or that nothing was. What a figure was not measured for, it
says nothing about: other networks, more images, longer runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bnn_designer.design import Design
from bnn_designer.design.without import without_batch_norm, without_weight_clip
from bnn_designer.training.recipe import LEARNING_RATES, Recipe, RecipeError

#: The presets for CIFAR-10, to which the recipes without a list of designs apply as well as to any other design.
CIFAR_PRESETS = (
    "binarynet",
    "bi-real-cifar",
    "vgg-small-bnn",
    "xnor-net-cifar",
    "binary-densenet-cifar",
    "melius-net-cifar",
    "quicknet-cifar",
    "reactnet-cifar",
)

#: Fields that say on what and where to train, and nothing of how: a known recipe leaves them as they are.
KEPT = ("data", "seed", "engine", "gradients", "validation_subset", "teacher", "start_from")

NOT_MEASURED = "Nothing was measured with it here."


@dataclass(frozen=True)
class KnownRecipe:
    """A recipe with a name.

    Attributes:
        title: what it is for.
        fields: where it differs from the default recipe.
        expect: why these values, or what one will see.
        measured: figures, with how they were measured.
        designs: names of the designs that it was made for; empty: any.
        change: what it does to the design of the run, for recipes that leave something out; None: nothing.
        goes_wrong: whether it is there to see what goes wrong.
    """

    title: str
    fields: Mapping[str, Any]
    expect: str
    measured: str = NOT_MEASURED
    designs: tuple[str, ...] = ()
    change: Callable[[Design], Design] | None = None
    goes_wrong: bool = False

    def recipe(self, now: Recipe) -> Recipe:
        """The recipe, on the data, engine and seed of another one."""
        kept = {name: value for name, value in now if name in KEPT}
        return Recipe.from_fields(**kept | dict(self.fields))

    def design(self, design: Design) -> Design:
        """The design that is trained with it; raises DesignError where there is nothing to leave out."""
        return design if self.change is None else self.change(design)


#: How the figures of one trial each were measured; `python -m bnn_designer.cli train bi-real-cifar --epochs 3 --subset
#: 5000 --validation-subset 2000` and the options beside them.
_TRIAL = (
    "bi-real-cifar, 3 epochs of 5,000 images of CIFAR-10 (JPEG re-encoded), batch size 50, accuracy on the first 2,000 "
    "test images, one run each, seed 0, gradients int16"
)
_DEFAULT = "the default optimizer and rate reach 42.4 %"

KNOWN_RECIPES: dict[str, KnownRecipe] = {
    "quick-trial": KnownRecipe(
        title="3 epochs of 10,000 images",
        fields={"epochs": 3, "subset": 10_000},
        expect="Minutes on two cores. It tells designs apart that differ by several points, and no more: runs that "
        "differ in their seed alone differ by a point.",
        measured="bi-real-cifar, CIFAR-10 (JPEG re-encoded), 10,000 test images, gradients float: 46.6 +- 0.9 %, mean "
        "and standard deviation of six seeds (docs/gradients.md).",
    ),
    "ten-epochs": KnownRecipe(
        title="10 epochs of all images",
        fields={},
        expect="The default. It shows which of two designs learns better.",
    ),
    "hundred-epochs": KnownRecipe(
        title="100 epochs of all images",
        fields={"epochs": 100},
        expect="For a figure to keep: as long as Larq's CIFAR-10 tutorial trains. Takes hours on two cores.",
    ),
    "larq-tutorial": KnownRecipe(
        title="Larq's CIFAR-10 tutorial, nearly",
        fields={"epochs": 100, "learning_rate": 0.01, "augment": False, "warmup": 0.0},
        expect="Adam at 0.01, batch size 50, 100 epochs, no augmentation, as the tutorial. The cosine stands in for "
        "its decay, 1 / (1 + 1e-4 t) at step t.",
        measured="Published of CIFAR-10 with the tutorial's own decay: 83.2 %, the best of 100 epochs. " + NOT_MEASURED,
        designs=("binarynet",),
    ),
    "bop-paper": KnownRecipe(
        title="Bop as in its paper, 500 epochs",
        fields={
            "epochs": 500,
            "optimizer": "adam_bop",
            "learning_rate": 0.01,
            "bop_gamma": 1e-4,
            "bop_threshold": 1e-8,
            "schedule": "step",
            "milestones": (0.2, 0.4, 0.6, 0.8),
            "warmup": 0.0,
        },
        expect="1906.02107, section 5.2: Adam at 0.01, gamma 1e-4 that falls by 0.1 every 100 epochs, threshold 1e-8, "
        "batch size 50. Here Adam's rate falls along with gamma.",
        designs=("binarynet",),
    ),
    "two-stage": KnownRecipe(
        title="Two stages: binary inputs first, then kernels too",
        fields={"epochs": 20, "first_stage_epochs": 10},
        expect="As Real-to-Binary (2003.11535) and ReActNet (2003.03488) train, far shorter. The accuracy falls where "
        "the second stage starts and its rate is high again.",
        measured=f"{_TRIAL}, but with 3 epochs in each stage: 41.0 % at the end of the first, then 34.5, 40.8 and "
        "44.4 %.",
        designs=("reactnet-cifar", "bi-real-cifar", "quicknet-cifar", "melius-net-cifar", "binary-densenet-cifar"),
    ),
    "bop": KnownRecipe(
        title="Bop on the binary weights",
        fields={"optimizer": "adam_bop"},
        expect="To compare optimizers. About half of the weights flip in the first epoch, and far fewer in each that "
        "follows, as gamma falls with the schedule.",
        measured=f"{_TRIAL}: 37.8 %, where {_DEFAULT}. Of each layer's weights 46 to 51 % flipped in the first epoch, "
        "0.3 to 3.7 % in the last. With gamma 1e-3 and threshold 1e-6: 35.4 %; with 1e-4 and 1e-6: 33.8 %.",
    ),
    "sgd": KnownRecipe(
        title="SGD with momentum in place of Adam",
        fields={"optimizer": "sgd"},
        expect="To compare optimizers. Latent weights with small gradients hardly move, so that few of them change "
        "their sign.",
        measured=f"{_TRIAL}: 33.8 %, where {_DEFAULT}; at a rate of 0.03: 33.1 %. Of each layer's weights 0.8 to 1.8 % "
        "flipped in the first epoch, where the default has 6 to 11 %.",
    ),
    "no-batch-norm": KnownRecipe(
        title="No batch norm",
        fields={"epochs": 3, "subset": 10_000},
        expect="Sums of signs are as large as their number, and nothing brings them back: the first losses are ten "
        "times those of a guess, which is 2.3, and the accuracy stays far behind.",
        measured=f"{_TRIAL}: 23.2 %, where {_DEFAULT}. Mean training loss of the epochs 25.5, 12.5 and 4.4, where the "
        "default has 2.1, 1.8 and 1.7.",
        change=without_batch_norm,
        goes_wrong=True,
    ),
    "learning-rate-x30": KnownRecipe(
        title="Learning rate x 30",
        fields={"epochs": 3, "subset": 10_000, "learning_rate": 30 * LEARNING_RATES["adam"]},
        expect="A step of Adam is about 0.09 long, longer than most latent weights are at first. Nearly half of the "
        "signs change in the first epoch, as if drawn anew: learning waits until the schedule lowers the rate.",
        measured=f"{_TRIAL}: 35.0 %, where {_DEFAULT}. Of each layer's weights 45 to 47 % flipped in the first epoch, "
        "where the default has 6 to 11 %.",
        goes_wrong=True,
    ),
    "no-weight-clip": KnownRecipe(
        title="No weight clip",
        fields={"epochs": 3, "subset": 10_000},
        expect="A latent weight beyond 1 gets no gradient any more and keeps its sign for good. In short runs hardly "
        "any gets there, so that little is seen: the clip is for long runs.",
        measured=f"{_TRIAL}: 42.4 %, the very same curve as with the clip. At 30 times the rate 35.7 %, with the clip "
        "35.0 %, where at most 2.2 % of a layer's weights were at it.",
        change=without_weight_clip,
        goes_wrong=True,
    ),
}


def known_recipe(name: str) -> KnownRecipe:
    """The recipe of that name.

    Raises:
        RecipeError: there is none; names those that there are.
    """
    if name not in KNOWN_RECIPES:
        raise RecipeError(f"Recipe {name!r}: there is none of this name. Choose one of {', '.join(KNOWN_RECIPES)}.")
    return KNOWN_RECIPES[name]


def recipes_for(design: Design) -> dict[str, KnownRecipe]:
    """The recipes that fit a design: those for any, and those made for it by its name, these first."""
    own = {name: known for name, known in KNOWN_RECIPES.items() if design.name in known.designs}
    return own | {name: known for name, known in KNOWN_RECIPES.items() if not known.designs}


def name_of(recipe: Recipe, design: Design) -> str | None:
    """The name of the known recipe that these values are, for a design as it stands; None for values of one's own."""
    for name, known in recipes_for(design).items():
        if known.change is None and known.recipe(recipe) == recipe:
            return name
    return None
