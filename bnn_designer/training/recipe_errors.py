"""What is wrong with a recipe, in words."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from bnn_designer.errors import BnnDesignerError


class RecipeError(BnnDesignerError):
    """A recipe with an unknown field or a value out of its bounds."""


def explained(error: ValidationError, fields: Iterable[str]) -> str:
    """Every wrong field with its rule, and the fields that there are where one is unknown."""
    problems = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "value_error" and not detail["loc"]:
            problems.append(f"{detail['ctx']['error']}.")
            continue
        field = ".".join(str(part) for part in detail["loc"]) or "recipe"
        if detail["type"] == "extra_forbidden":
            problems.append(f"{field}: there is no such field. The fields are {', '.join(fields)}.")
        else:
            problems.append(f"{field}: {detail['msg'].rstrip('.')}, got {detail['input']!r}.")
    return "Recipe: " + " ".join(problems)
