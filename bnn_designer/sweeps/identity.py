"""When two runs are one and the same: the same network, the same recipe, the same seed."""

from __future__ import annotations

from functools import lru_cache

from bnn_designer.compare.identity import network_key
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.recipe import Recipe

#: Of a network and of a recipe with its seed.
RunKey = tuple[str, str]


def run_key(design: Design, recipe: Recipe) -> RunKey:
    """What two runs share that give the same curve; names, ids and labels of blocks play no part."""
    return network_key(design), recipe.to_json()


def matching(records: list[RunRecord], wanted: set[RunKey]) -> dict[RunKey, list[RunRecord]]:
    """The runs that are wanted, in the order in which they came; those whose design cannot be read are none."""
    recipes = {recipe for _, recipe in wanted}
    found: dict[RunKey, list[RunRecord]] = {}
    for record in records:
        recipe = _recipe(record.recipe_json)
        if recipe not in recipes:  # designs are large, and only those that count are read
            continue
        network = _network(record.design_json)
        if network is not None and (network, recipe) in wanted:
            found.setdefault((network, recipe), []).append(record)
    return found


@lru_cache(maxsize=4096)
def _recipe(recipe_json: str) -> str:
    try:
        return Recipe.from_json(recipe_json).to_json()
    except BnnDesignerError:
        return ""


@lru_cache(maxsize=512)
def _network(design_json: str) -> str | None:
    try:
        return network_key(Design.from_json(design_json))
    except BnnDesignerError:
        return None
