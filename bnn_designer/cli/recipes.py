"""``bnn-designer recipes``: the recipes that have a name."""

from __future__ import annotations

import json

import click

from bnn_designer.design.find import find_design
from bnn_designer.training.known_recipes import KNOWN_RECIPES, KnownRecipe, recipes_for
from bnn_designer.training.recipe import Recipe


@click.command()
@click.argument("design", metavar="[PRESET|FILE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, each recipe with all its values.")
def recipes(design: str | None, as_json: bool) -> None:
    """List the recipes that `train --recipe` knows, or those for a design."""
    found = KNOWN_RECIPES if design is None else recipes_for(find_design(design))
    if as_json:
        click.echo(json.dumps({name: _as_data(known) for name, known in found.items()}, indent=2))
        return
    for name, known in found.items():
        wrong = "  (to see what goes wrong)" if known.goes_wrong else ""
        click.echo(f"{name}: {known.title}{wrong}")
        for line in (_values(known), known.expect, f"Measured: {known.measured}"):
            click.echo(f"    {line}")
        if known.designs:
            click.echo(f"    Made for {', '.join(known.designs)}.")


def _values(known: KnownRecipe) -> str:
    changed = ", ".join(f"{name} {value}" for name, value in known.fields.items())
    design = " It changes the design." if known.change is not None else ""
    return (f"{changed}; all else as by default." if changed else "All as by default.") + design


def _as_data(known: KnownRecipe) -> dict[str, object]:
    return {
        "title": known.title,
        "recipe": known.recipe(Recipe()).model_dump(mode="json"),
        "expect": known.expect,
        "measured": known.measured,
        "designs": list(known.designs),
        "changes_design": known.change is not None,
        "goes_wrong": known.goes_wrong,
    }


COMMANDS: tuple[click.Command, ...] = (recipes,)
