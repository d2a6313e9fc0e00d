"""How long a run will take, for people and as data."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from bnn_designer.design.twin import full_precision_twin

if TYPE_CHECKING:
    from bnn_designer.cli.recipe_options import Training
    from bnn_designer.measuring.pace import Estimate
    from bnn_designer.measuring.training_time import NoEstimate


def print_estimate(asked: Training, as_json: bool) -> None:
    """The time of the run, and before it that of its teacher where one is trained first.

    Raises:
        TrainingError: BNN_THREADS cannot be read.
    """
    from bnn_designer.measuring.training_time import NoEstimate, estimate_text, training_time
    from bnn_designer.runs.store import Store

    store, found = Store(), list[tuple[str, "Estimate | NoEstimate"]]()
    if asked.with_twin:
        twin = full_precision_twin(asked.design)
        found.append((twin.name, training_time(store, twin, asked.recipe.as_teachers())))
        found.append((asked.design.name, training_time(store, asked.design, asked.recipe, teacher=twin)))
    else:
        found.append((asked.design.name, training_time(store, asked.design, asked.recipe)))
    if as_json:
        for name, one in found:
            click.echo(json.dumps(_data(name, one)))
        return
    for name, one in found:
        before = f"{name}: " if len(found) > 1 else ""
        if isinstance(one, NoEstimate):
            click.echo(f"{before}How long it will take is not known. {one.reason}")
        else:
            click.echo(f"{before}{estimate_text(one)}")
    if not asked.with_twin and (isinstance(one, NoEstimate) or one.basis != "same"):
        click.echo(f"To measure it, train for a moment: the same with {_short_options(asked)} in place of --estimate.")


def _short_options(asked: Training) -> str:
    """What makes the command that was given a short run in the same manner."""
    from bnn_designer.measuring.training_time import short_run

    _, recipe = short_run(asked.design, asked.recipe)
    names = ("epochs", "subset", "validation_subset", "gradients", "first_stage_epochs")
    changed = [name for name in names if getattr(recipe, name) != getattr(asked.recipe, name)]
    return " ".join(f"--{name.replace('_', '-')} {getattr(recipe, name)}" for name in changed)


def _data(name: str, found: Estimate | NoEstimate) -> dict[str, Any]:
    """``total_s`` is null where it is not known, and ``reason`` says why."""
    from bnn_designer.measuring.training_time import NoEstimate

    if isinstance(found, NoEstimate):
        return {"name": name, "total_s": None, "reason": found.reason}
    times = {"total_s": found.total_s, "least_s": found.least_s, "most_s": found.most_s}
    return {"name": name, **times, **asdict(found), "reason": None}
