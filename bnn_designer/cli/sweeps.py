"""``bnn-designer sweep`` and ``sweeps``: variants of a design, trained with several seeds, and what came of them."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bnn_designer.cli.recipe_options import recipe_options, training_of
from bnn_designer.cli.terminal import console, open_store, person_option, say
from bnn_designer.design.find import find_design
from bnn_designer.units import time_text

if TYPE_CHECKING:
    from bnn_designer.runs.store import Store
    from bnn_designer.sweeps.plan import Plan
    from bnn_designer.sweeps.results import Results

#: Seconds between two looks at the runs.
_LOOK_EVERY_S = 1.0
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_as_csv = click.option("--csv", "as_csv", is_flag=True, help="Print a line for each run, for a spreadsheet.")


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option(
    "--vary",
    "vary",
    multiple=True,
    required=True,
    metavar="NAME=VALUE,VALUE",
    help="What to vary, such as shortcuts=none,two,one; repeatable. A recipe's fields can be varied too.",
)
@click.option("--seeds", type=int, default=3, show_default=True, help="Runs of each variant, seeds from --seed on.")
@click.option("--no-wait", is_flag=True, help="Only queue the runs.")
@click.option("--dry-run", is_flag=True, help="Print the variants with their costs and what is there; train nothing.")
@recipe_options
@person_option
@_as_json
@_as_csv
def sweep(
    design: str,
    vary: tuple[str, ...],
    seeds: int,
    no_wait: bool,
    dry_run: bool,
    data: str | None,
    fit: bool,
    known: str | None,
    person: str | None,
    as_json: bool,
    as_csv: bool,
    **fields: Any,
) -> None:
    """Train every combination of what is varied with several seeds, and say which differ by more than noise.

    Runs that are there already are taken. The same command again goes on where it was stopped. The first value of each
    --vary is what the others are held against. Exits with 1 if a run failed or a variant could not be made.
    """
    from bnn_designer.cli.tables.sweep import print_plan
    from bnn_designer.sweeps.definition import Sweep, SweepError, axis_of, product_of, seeds_from
    from bnn_designer.sweeps.plan import plan
    from bnn_designer.sweeps.queueing import start
    from bnn_designer.sweeps.results import results

    variants = product_of([axis_of(text) for text in vary])
    asked = training_of(find_design(design), data, fit, known, fields)
    if asked.with_twin:
        raise SweepError(
            "--teacher twin: a sweep's runs share one teacher. Train the twin first, and give its run's id."
        )
    planned = plan(Sweep(asked.design, asked.recipe, variants, seeds_from(asked.recipe.seed, seeds)))
    store = open_store()
    if dry_run:
        found = results(planned, store.runs())
        _print(found, as_json, as_csv, print_plan)
        return
    started = start(store, planned, person=person)
    say(started.text)
    if no_wait:
        _print(results(planned, store.runs()), as_json, as_csv, lambda found, out: None)
        return
    _print_end(_waited(store, planned), as_json, as_csv)


@click.command()
@click.argument("sweep_id", metavar="[ID]", required=False)
@_as_json
@_as_csv
def sweeps(sweep_id: str | None, as_json: bool, as_csv: bool) -> None:
    """List the sweeps, the newest first, or print what came of one."""
    from bnn_designer.runs.sweeps import sweep as stored
    from bnn_designer.runs.sweeps import sweeps as all_stored
    from bnn_designer.sweeps.definition import Sweep, SweepError
    from bnn_designer.sweeps.plan import plan
    from bnn_designer.sweeps.results import results

    store = open_store()
    if sweep_id is not None:
        record = stored(store, sweep_id)
        if record.kind != "sweep":
            raise SweepError(f"{sweep_id}: it is a search, not a sweep. The command that started it prints its front.")
        planned = plan(Sweep.from_json(record.definition))
        _print_end(results(planned, store.runs()), as_json, as_csv)
        return
    found = [(one, Sweep.from_json(one.definition)) for one in all_stored(store, "sweep")]
    if as_json:
        data = [
            {
                "sweep": one.id,
                "name": one.name,
                "created_at": one.created_at.isoformat(),
                "variants": [each.title for each in read.variants],
                "seeds": list(read.seeds),
            }
            for one, read in found
        ]
        click.echo(json.dumps(data, indent=2))
        return
    for one, read in found:
        line = f"{one.id}  {time_text(one.created_at)}  {len(read.variants)} x {len(read.seeds)}  {one.name}"
        console().print(line, highlight=False, markup=False)


def _waited(store: Store, planned: Plan) -> Results:
    """What came of the runs, when none waits or trains any more; meanwhile a bar says how far they are."""
    from bnn_designer.runs.queue import dispatch
    from bnn_designer.sweeps.results import results
    from bnn_designer.sweeps.words import progress_text

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=len(planned.places))
            while True:
                dispatch(store)
                found = results(planned, store.runs())
                bar.update(task, completed=found.counts["done"], description=progress_text(found))
                if found.is_over:
                    return found
                time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        say("The runs go on in the queue. The same command again shows how far they are; `runs cancel ID` ends one.")
        sys.exit(130)


def _print_end(found: Results, as_json: bool, as_csv: bool) -> None:
    from bnn_designer.cli.tables.sweep import print_results

    _print(found, as_json, as_csv, print_results)
    if found.problems():
        sys.exit(1)


def _print(found: Results, as_json: bool, as_csv: bool, for_people: Any) -> None:
    if as_json:
        click.echo(json.dumps(found.to_data(), indent=2))
    elif as_csv:
        click.echo(found.to_csv(), nl=False)
    else:
        for_people(found, console())


COMMANDS: tuple[click.Command, ...] = (sweep, sweeps)
