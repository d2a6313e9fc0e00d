"""What a search is: a design, a recipe and budgets; one immutable value, kept in the store as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bnn_designer.compare.figures import Number, Totals, Unknown, figure_text, totals
from bnn_designer.compare.freedom import KINDS, Space, freedom
from bnn_designer.compare.more_figures import FIGURES_BY_NAME
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import parse_bytes, parse_ms

#: Figures of every trial, whether or not there is a budget of them.
SHOWN = ("file_bytes", "arena_bytes", "macs")


class SearchError(BnnDesignerError):
    """A search that cannot be made or go on, or whose definition cannot be read."""


@dataclass(frozen=True)
class Limit:
    """The most that a network may have of one figure, by its name in :data:`FIGURES_BY_NAME`; in that figure's unit."""

    figure: str
    most: Number

    def over(self, figures: Mapping[str, Number]) -> float:
        """By which share of the limit it is exceeded; 0 or less: it is kept."""
        return figures[self.figure] / self.most - 1

    @property
    def text(self) -> str:
        """``RAM at most 64.0 KiB``."""
        figure = FIGURES_BY_NAME[self.figure]
        return f"{figure.heading} at most {figure_text(figure, self.most)}"


def limits_of(flash: str, ram: str, latency: str, latency_figure: str) -> tuple[Limit, ...]:
    """The budgets that people write, such as ``1MiB``, ``64KiB`` and ``5ms``; "" is none.

    Args:
        flash: of the deployed file.
        ram: of the arena.
        latency: of an image.
        latency_figure: the name of the figure for the device that is meant.

    Raises:
        BnnDesignerError: one is no size, or no time.
    """
    limits = []
    if flash.strip():
        limits.append(Limit("file_bytes", parse_bytes(flash)))
    if ram.strip():
        limits.append(Limit("arena_bytes", parse_bytes(ram)))
    if latency.strip():
        limits.append(Limit(latency_figure, parse_ms(latency)))
    return tuple(limits)


@dataclass(frozen=True)
class Search:
    """What is searched for: accuracy up, and each limited figure down, with all limits kept.

    How long it may take is no part of it, so that a search can be given more time.

    Attributes:
        design: whose degrees of freedom are searched.
        recipe: of all runs; its seed is that of the proposals too.
        limits: at least one, each of another figure.
        varied: the kinds of degrees of freedom that are searched.
    """

    design: Design
    recipe: Recipe
    limits: tuple[Limit, ...]
    varied: tuple[str, ...] = tuple(KINDS)

    def __post_init__(self) -> None:
        if not self.limits:
            raise SearchError(
                f"{self.design.name}: a search needs a budget, else the largest network wins. Give at least one of "
                "--budget-flash, --budget-ram and --budget-latency."
            )
        if any(limit.most <= 0 for limit in self.limits):
            raise SearchError(f"{self.design.name}: no network fits a budget of 0. Give more.")
        if not self.varied or not set(self.varied) <= set(KINDS):
            raise SearchError(f"{self.design.name}: nothing is varied. Choose at least one of {', '.join(KINDS)}.")

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that are kept of every trial: those with limits first."""
        return tuple(dict.fromkeys((*(limit.figure for limit in self.limits), *SHOWN)))

    def totals_of(self, design: Design) -> Totals:
        """The figures of a design; raises DesignError where it is no network."""
        return totals(cost(design), [FIGURES_BY_NAME[name] for name in self.figures])

    def figures_text(self, figures: Mapping[str, Number]) -> str:
        """The limited figures: ``RAM 12.0 KiB, File 4.10 KiB``."""
        named = [(FIGURES_BY_NAME[limit.figure], figures[limit.figure]) for limit in self.limits]
        return ", ".join(f"{figure.heading} {figure_text(figure, number)}" for figure, number in named)

    def is_known(self, design: Design) -> bool:
        """Whether a design can be held to the limits."""
        found = self.totals_of(design)
        return not any(isinstance(found[limit.figure], Unknown) for limit in self.limits)

    @cached_property
    def space(self) -> Space:
        """The degrees of freedom.

        Raises:
            DesignError: the design is no network.
            SearchError: a limited figure of it is not known, or there is nothing to vary.
        """
        found = self.totals_of(self.design)
        for limit in self.limits:
            number = found[limit.figure]
            if isinstance(number, Unknown):
                raise SearchError(
                    f"{self.design.name}: {FIGURES_BY_NAME[limit.figure].heading} is not known, so nothing can be held "
                    f"to it: {number.reason.rstrip('.')}. Mend this, or leave the budget out."
                )
        space = freedom(self.design, self.is_known)
        if not space.degrees:
            raise SearchError(f"{self.design.name}: there is nothing to vary. Give it a layer with a width of its own.")
        varied = tuple(degree for degree in space.degrees if degree.kind in self.varied)
        if not varied:
            there = dict.fromkeys(degree.kind for degree in space.degrees)
            raise SearchError(
                f"{self.design.name}: it has no {' or '.join(self.varied)} to vary. It has {', '.join(there)}: choose "
                "one of these."
            )
        return Space(space.design, varied)

    def to_json(self) -> str:
        """One line, the same for the same search."""
        data: dict[str, Any] = {
            "design": self.design.model_dump(mode="json"),
            "recipe": self.recipe.model_dump(mode="json"),
            "limits": {limit.figure: limit.most for limit in self.limits},
        }
        if set(self.varied) != set(KINDS):  # the id of one that varies all of them is older than the choice
            data["varied"] = [kind for kind in KINDS if kind in self.varied]
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> Search:
        """What :meth:`to_json` wrote.

        Raises:
            BnnDesignerError: it is not a search, or one that this program cannot read.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            design, recipe = Design.from_data(data["design"], "search"), Recipe.from_json(json.dumps(data["recipe"]))
            limits = tuple(Limit(name, most) for name, most in data["limits"].items())
            if any(limit.figure not in FIGURES_BY_NAME for limit in limits):
                raise ValueError("a figure is not known")
            return cls(design, recipe, limits, tuple(data.get("varied", KINDS)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SearchError(f"A search's definition cannot be read ({error!r}). Start it anew.") from error
