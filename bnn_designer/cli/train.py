"""``bnn-designer train``: a run in this terminal."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from bnn_designer.cli.recipe_options import Training, recipe_options, training_of
from bnn_designer.cli.tables.estimate import print_estimate
from bnn_designer.cli.terminal import console, open_store, person_option
from bnn_designer.cost import cost
from bnn_designer.design.find import find_design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.quiet import import_tensorflow_quietly


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@recipe_options
@person_option
@click.option("--no-wait", is_flag=True, help="Only queue it, and its twin before it; `runs queue` shows them.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Print how long it will take here; train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON, and no progress bar.")
def train(
    design: str,
    data: str | None,
    fit: bool,
    known: str | None,
    person: str | None,
    no_wait: bool,
    only_estimate: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Train a design, in this terminal. The run also appears on the Runs page.

    `bnn-designer data` lists the data sets and where each is; a published one that is on no disk here is downloaded.
    `bnn-designer recipes` lists the recipes.
    """
    from bnn_designer.cli.training_progress import JsonLines, ProgressBar
    from bnn_designer.runs.execute import run_in_foreground

    asked = training_of(find_design(design), data, fit, known, fields)
    network, recipe = asked.design, asked.recipe
    cost(network)  # a design that cannot be lowered is refused before anything is stored
    if only_estimate:
        print_estimate(asked, as_json)
        return
    if no_wait:
        _queue(asked, person, as_json)
        return
    runs = [(full_precision_twin(network), recipe.as_teachers())] if asked.with_twin else []
    import_tensorflow_quietly()
    store, last = open_store(), None
    for trained, its_recipe in [*runs, (network, recipe)]:
        if last is not None:
            its_recipe = its_recipe.changed(teacher=last.id)
        with JsonLines(sys.stdout) if as_json else ProgressBar(console(), trained.name) as show:
            last = run_in_foreground(store, trained, its_recipe, on_event=show, person=person)
            show.end(last)
        if last.status == "cancelled":
            sys.exit(130)
        if last.status != "done":  # paused from a page: what was to follow needs its end
            return


def _queue(asked: Training, person: str | None, as_json: bool) -> None:
    """Queues the run, and prints its id with what it waits for."""
    from bnn_designer.runs import queue
    from bnn_designer.sweeps.taught import queue_taught

    store = open_store()
    submit = queue_taught if asked.with_twin else queue.submit
    run = store.run(submit(store, asked.design, asked.recipe, person=person))
    if as_json:
        click.echo(json.dumps({"run": run.id, "status": run.status, "waits_for": run.waits_for}))
        return
    after = "" if run.waits_for is None else f", waits for run {run.waits_for}, its full-precision twin"
    click.echo(f"run {run.id}: {run.status}{after}")


COMMANDS: tuple[click.Command, ...] = (train,)
