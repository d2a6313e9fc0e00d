"""What a sweep is: a design, a recipe, variants of both, and seeds; one immutable value, kept in the store as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from bnn_designer.compare.dimensions import AS_IS, DIMENSIONS, Choice, VaryError, option_of, varied
from bnn_designer.design import Design
from bnn_designer.runs.actions import settings_of
from bnn_designer.training.recipe import Recipe

#: A mistyped range must not fill the queue.
MAX_RUNS = 500
MAX_SEED = 2**31 - 1
#: Fields of a recipe that cannot be varied, and why.
_NOT_VARIED = {
    "seed": "the seeds of a sweep are given with --seeds",
    "data": "accuracies on different images do not compare",
    "milestones": "its values have commas of their own",
}


class SweepError(VaryError):
    """A sweep that cannot be made, or whose definition cannot be read."""


@dataclass(frozen=True)
class SweepVariant:
    """One variant of a sweep.

    Attributes:
        choices: of the design.
        settings: of the recipe, by their names; in the order in which they were given.
    """

    choices: tuple[Choice, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """``first-last=bwn, learning_rate=0.01``; ``as it is``."""
        return ", ".join((*map(str, self.choices), *(f"{name}={value}" for name, value in self.settings))) or "as it is"


@dataclass(frozen=True)
class Sweep:
    """A set of runs: each variant with each seed.

    Attributes:
        design: that is varied.
        recipe: of all runs, but for what a variant sets, and the seed.
        variants: the first is what the others are held against.
        seeds: each once.
    """

    design: Design
    recipe: Recipe
    variants: tuple[SweepVariant, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        count = len(self.variants) * len(self.seeds)
        if not self.variants or not self.seeds:
            raise SweepError(f"{self.design.name}: a sweep needs a variant and a seed. Give at least one of each.")
        if count > MAX_RUNS:
            raise SweepError(
                f"{self.design.name}: {len(self.variants)} variants with {len(self.seeds)} seeds each are {count} "
                f"runs, and a sweep has {MAX_RUNS} at most. Vary less at once."
            )

    def design_of(self, variant: SweepVariant) -> Design:
        """A variant's design; raises as :func:`bnn_designer.compare.dimensions.varied`."""
        return varied(self.design, variant.choices)

    def recipe_of(self, variant: SweepVariant, seed: int) -> Recipe:
        """A variant's recipe; raises RecipeError where a setting is out of its bounds."""
        return self.recipe.changed(**dict(variant.settings) | {"seed": seed})

    def to_json(self) -> str:
        """One line, the same for the same sweep."""
        data = {
            "design": self.design.model_dump(mode="json"),
            "recipe": self.recipe.model_dump(mode="json"),
            "variants": [
                {"choices": [[one.dimension, one.value] for one in each.choices], "settings": dict(each.settings)}
                for each in self.variants
            ],
            "seeds": list(self.seeds),
        }
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> Sweep:
        """What :meth:`to_json` wrote.

        Raises:
            BnnDesignerError: it is not a sweep, or one that this program cannot read.
        """
        try:
            data = json.loads(text)
            design, recipe = Design.from_data(data["design"], "sweep"), Recipe.from_json(json.dumps(data["recipe"]))
            variants = tuple(
                SweepVariant(
                    tuple(Choice(str(name), str(value)) for name, value in each["choices"]),
                    tuple(dict(each["settings"]).items()),
                )
                for each in data["variants"]
            )
            return cls(design, recipe, variants, tuple(int(seed) for seed in data["seeds"]))
        except (ValueError, TypeError, KeyError) as error:
            raise SweepError(f"A sweep's definition cannot be read ({error!r}). Start it anew.") from error


@dataclass(frozen=True)
class Axis:
    """One thing that is varied, with its values as they were given."""

    name: str
    values: tuple[str, ...]

    @property
    def is_of_design(self) -> bool:
        return self.name in DIMENSIONS


def axis_of(text: str) -> Axis:
    """What ``NAME=VALUE,VALUE`` says.

    Raises:
        VaryError: a name or a value that is not known, or a value twice; says which there are.
    """
    name, equals, rest = text.partition("=")
    name = name.strip()
    values = tuple(value.strip() for value in rest.split(",") if value.strip())
    if not equals or not values:
        raise SweepError(f"{text}: it does not say what to vary. Give NAME=VALUE,VALUE, such as shortcuts=none,two.")
    if len(set(values)) < len(values):
        raise SweepError(f"{text}: a value is there twice. Give each once.")
    if name in DIMENSIONS:
        for value in values:
            option_of(Choice(name, value))
        return Axis(name, values)
    setting = name.replace("-", "_")
    if setting not in Recipe.model_fields:
        fields = ", ".join(field for field in Recipe.model_fields if field not in _NOT_VARIED)
        raise SweepError(
            f"{name}: there is nothing of this name to vary. Of a design: {', '.join(DIMENSIONS)}. "
            f"Of a recipe: {fields}."
        )
    if setting in _NOT_VARIED:
        raise SweepError(f"{name}: it cannot be varied: {_NOT_VARIED[setting]}. Leave it out.")
    return Axis(setting, values)


def product_of(axes: Sequence[Axis]) -> tuple[SweepVariant, ...]:
    """Every combination of the axes' values, the last axis changing first.

    Raises:
        SweepError: an axis is there twice.
        RecipeError: a setting's value cannot be read.
    """
    names = [axis.name for axis in axes]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SweepError(f"{', '.join(sorted(twice))}: it is varied twice. Give all its values at once.")
    return tuple(_variant(axes, values) for values in product(*(axis.values for axis in axes)))


def _variant(axes: Sequence[Axis], values: Sequence[str]) -> SweepVariant:
    pairs = list(zip(axes, values, strict=True))
    choices = tuple(Choice(axis.name, value) for axis, value in pairs if axis.is_of_design)
    settings: list[tuple[str, Any]] = []
    for axis, value in pairs:
        if not axis.is_of_design and value != AS_IS:
            settings += settings_of([f"{axis.name}={value}"]).items()
    return SweepVariant(choices, tuple(settings))


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """So many seeds, from the first one on; raises SweepError where there are not so many."""
    if count < 1 or first + count - 1 > MAX_SEED:
        raise SweepError(f"--seeds {count}: a sweep has at least one seed, and seeds go up to {MAX_SEED}. Give fewer.")
    return tuple(range(first, first + count))


def members(sweep: Sweep) -> Iterator[tuple[int, int]]:
    """The index of a variant and a seed for each run, all variants with the first seed first: so that a sweep that is
    not through yet says something about each."""
    for seed in sweep.seeds:
        for index in range(len(sweep.variants)):
            yield index, seed
