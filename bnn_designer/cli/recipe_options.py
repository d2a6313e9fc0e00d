"""The options that say how to train, for the commands that do: a recipe by name, and each of its fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bnn_designer.design import Design, apply_edit
from bnn_designer.errors import DesignError

if TYPE_CHECKING:
    from bnn_designer.training.recipe import Recipe

Command = TypeVar("Command", bound=Callable[..., Any])

#: In place of a run's id.
TWIN = "twin"


class Shares(click.ParamType):  # type: ignore[type-arg]
    """Numbers with commas between them."""

    name = "shares"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The numbers; click's own error where one is none."""
        try:
            return tuple(float(part) for part in value.split(",")) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is not numbers with commas between them, such as 0.5,0.75", param, ctx)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--data", metavar="SET|PATH", help="cifar10 (as by default), mnist, fashion-mnist, or your own images."
    ),
    click.option("--fit", is_flag=True, help="Give the design the input shape and the classes of the data set first."),
    click.option("--recipe", "known", metavar="NAME", help="A recipe by name, see `recipes`; other options change it."),
    click.option("--epochs", type=int, help="Passes over the training images."),
    click.option("--subset", type=int, help="Train on the first N images only."),
    click.option("--batch-size", type=int, help="Batch size."),
    click.option("--optimizer", type=click.Choice(["adam", "adam_bop", "sgd"]), help="What changes the weights."),
    click.option("--learning-rate", type=float, help="At its highest point; the default depends on the optimizer."),
    click.option("--momentum", type=float, help="Of sgd."),
    click.option("--bop-gamma", type=float, help="Of adam_bop: how much of the newest gradient Bop's average takes."),
    click.option("--bop-threshold", type=float, help="Of adam_bop: what the average must pass to flip a weight."),
    click.option(
        "--schedule", type=click.Choice(["cosine", "step", "constant"]), help="How the learning rate changes."
    ),
    click.option("--warmup", type=float, help="Share of the steps over which the rate first climbs."),
    click.option("--milestones", type=Shares(), help="Of the step schedule: shares of the run, such as 0.5,0.75."),
    click.option(
        "--step-factor", type=float, help="Of the step schedule: what the rate is multiplied by at a milestone."
    ),
    click.option("--label-smoothing", type=float, help="Share of each label that is spread over all classes."),
    click.option("--first-stage-epochs", type=int, help="Epochs with binary inputs and float kernels first."),
    click.option(
        "--teacher",
        metavar="RUN|twin",
        help="Learn from the network of a run; twin: train the design's full-precision twin first, in a run of its "
        "own.",
    ),
    click.option(
        "--teacher-share", type=float, help="Share of the loss that is the distance to the teacher's outputs."
    ),
    click.option("--temperature", type=float, help="How much outputs are softened for the teacher."),
    click.option("--start-from", metavar="RUN", help="Take the first weights from a run where blocks match."),
    click.option(
        "--augment/--no-augment", default=None, help="Shift images at random, and mirror where that makes sense."
    ),
    click.option("--validation-subset", type=int, help="Validate on the first N test images only."),
    click.option("--engine", type=click.Choice(["auto", "xnor", "float"]), help="What computes the binary layers."),
    click.option(
        "--gradients",
        type=click.Choice(["auto", "float", "int16", "int8"]),
        help="How the XNOR op computes gradients: float is exact; auto is int16 in short runs.",
    ),
    click.option("--seed", type=int, help="The same seed gives the same curve."),
)


def recipe_options(command: Command) -> Command:
    """Gives a command the options; they arrive as ``data``, ``fit``, ``known`` and the fields of a recipe."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Training:
    """What the options ask for.

    Attributes:
        design: as it is trained.
        recipe: the recipe.
        with_twin: whether the design's full-precision twin is to be the teacher.
    """

    design: Design
    recipe: Recipe
    with_twin: bool


def training_of(design: Design, data: str | None, fit: bool, known: str | None, fields: dict[str, Any]) -> Training:
    """The design and the recipe that the options of :func:`recipe_options` mean.

    Raises:
        DataError: the data set is damaged, or one's own is not there.
        DesignError: the design does not fit it, or lacks what the recipe would leave out.
        RecipeError: a value is out of its bounds, or there is no recipe of that name.
    """
    from bnn_designer.training.data import data_name
    from bnn_designer.training.known_recipes import known_recipe
    from bnn_designer.training.recipe import Recipe

    given = {name: value for name, value in fields.items() if value is not None}
    if data is not None:
        given["data"] = data_name(data)
    with_twin = given.get("teacher") == TWIN
    if with_twin:
        del given["teacher"]
    if known is None:
        recipe = Recipe.from_fields(**given)
    else:
        by_name = known_recipe(known)
        recipe, design = by_name.recipe(Recipe()).changed(**given), by_name.design(design)
    return Training(_fitting(design, recipe.data, fit), recipe, with_twin)


def _fitting(network: Design, data: str, fit: bool) -> Design:
    """The design as it will be trained; refused before anything is stored if it or the data set is not as it must be.

    Raises:
        DataError: the data set is damaged, or one's own is not there.
        DesignError: the design does not fit it.
    """
    from bnn_designer.training.data import describe_data, fitting_edit, misfit

    status = describe_data(data)
    if status.problem is not None and not status.downloadable:
        raise status.problem
    assert status.facts is not None
    problem = misfit(network, status.facts)
    if problem is None:
        return network
    edit = fitting_edit(network, status.facts)
    if edit is None:
        raise DesignError(
            problem.path, problem.rule, f"{problem.mend}. Some layers must change too: see the Design page"
        )
    if not fit:
        raise DesignError(problem.path, problem.rule, f"{problem.mend}, or add --fit, which does it for this run")
    return apply_edit(network, edit)
