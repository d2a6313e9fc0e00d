"""A sweep of the what-if's variants: the design as it is, and those that are to be held against it."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.compare.dimensions import choice_of_variant
from bnn_designer.design import Design
from bnn_designer.sweeps.definition import Sweep, SweepError, SweepVariant, seeds_from
from bnn_designer.training.recipe import Recipe


def sweep_of_variants(design: Design, names: Sequence[str], recipe: Recipe, seeds: int) -> Sweep:
    """The design as it is, which the others are held against, and some variants of it, so many seeds each.

    Args:
        design: that is varied.
        names: of variants, see :data:`bnn_designer.compare.VARIANTS`.
        recipe: of all runs; its seed is the first.
        seeds: how many.

    Raises:
        SweepError: there is no such variant, or there are not so many seeds.
    """
    variants = [SweepVariant()]
    for name in names:
        choice = choice_of_variant(name)
        if choice is None:
            raise SweepError(f"{name}: there is no variant of this name to train. Choose variants in the table.")
        variants.append(SweepVariant((choice,)))
    return Sweep(design, recipe, tuple(variants), seeds_from(recipe.seed, seeds))
