"""``bnn-designer runs list`` and ``runs show``: what runs there are, and what one is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bnn_designer.cli.terminal import console, say
from bnn_designer.units import UNKNOWN, percent_text, time_text

if TYPE_CHECKING:
    from bnn_designer.runs.records import RunRecord

#: The options of ``list`` that are facets of a run, with what each takes.
_FACETS = {
    "status": "Only runs of this status, such as done.",
    "data": "Only runs on this data set, such as MNIST, or a path.",
    "engine": "Only runs whose binary layers ran on xnor, or on float.",
    "tag": "Only runs with this tag; given twice, with both.",
    "sweep": "Only runs of this sweep.",
}


def _facets(command: Any) -> Any:
    for name, text in reversed(_FACETS.items()):
        command = click.option(f"--{name}", multiple=True, help=text)(command)
    return command


@click.command(name="list")
@click.argument("words", nargs=-1)
@_facets
@click.option(
    "--person", help="Only runs of this person, by the name with them; of who signed in, the name shown there."
)
@click.option("--deleted", is_flag=True, help="Those that were deleted, and can be restored.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_runs(
    words: tuple[str, ...], person: str | None, deleted: bool, as_json: bool, **chosen: tuple[str, ...]
) -> None:
    """Print all runs, the newest first, or those with all WORDS in name, tags or note.

    An option that is given twice takes runs with either; of tags, with both. Whose they are does not matter here, also
    where people sign in: a terminal of the machine has everybody's.
    """
    from bnn_designer.runs.deleting import purge
    from bnn_designer.runs.filtering import RunFilter
    from bnn_designer.runs.people import person_of, same_person
    from bnn_designer.runs.store import Store

    store = Store()
    purge(store)
    found = RunFilter(" ".join(words), tuple(chosen.items())).of(store.runs(deleted=deleted))
    if person is not None:
        found = [run for run in found if same_person(run.person) == same_person(person_of(person))]
    if as_json:
        click.echo(json.dumps([_data(run) for run in found], indent=2))
        return
    if not found:
        asked = words or person or deleted or any(chosen.values())
        say("No run is as asked for." if asked else "There is no run yet.")
    for run in found:
        best = percent_text(run.best_val_accuracy)
        tags = f"  [{', '.join(run.tags)}]" if run.tags else ""
        line = f"{run.id}  {run.status:11}  {best:>7}  {time_text(run.created_at)}  {run.name}{tags}"
        console().print(line, highlight=False, markup=False)


def _data(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "name": run.name,
        "status": run.status,
        "failure": run.failure,
        "error": run.error,
        "way_out": _way_out(run),
        "best_val_accuracy": run.best_val_accuracy,
        "created_at": run.created_at.isoformat(),
        "parent": run.parent,
        "threads": run.threads,
        "tags": list(run.tags),
        "note": run.note,
        "sweep": run.sweep,
        "person": run.person,
        "account": run.account,
        "deleted_at": run.deleted_at.isoformat() if run.deleted_at else None,
    }


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(run_id: str, as_json: bool) -> None:
    """Print what a run is: its recipe, its best and last accuracy, and what the result is of."""
    from bnn_designer.runs.about import about_runs
    from bnn_designer.runs.curves import MEASURES, best_and_last, epochs_of
    from bnn_designer.runs.known import of_recipe
    from bnn_designer.runs.store import Store

    store = Store()
    run = store.run(run_id, deleted=True)
    facts = about_runs(store, [run])[run_id]
    epochs = epochs_of(store, [run_id])[run_id]
    found = best_and_last(epochs, MEASURES["val_accuracy"])
    if as_json:
        data = _data(run) | {
            "recipe": of_recipe(run).text,
            "epochs_done": len(epochs),
            "last_val_accuracy": found.last.value if found.last else None,
            "about": dict(facts.items()),
        }
        click.echo(json.dumps(data, indent=2))
        return
    best, last = (
        UNKNOWN if point is None else f"{percent_text(point.value)} in epoch {point.epoch}"
        for point in (found.best, found.last)
    )
    deleted = f", deleted {time_text(run.deleted_at)}" if run.deleted_at else ""
    lines = [
        ("run", f"{run.id}  {run.name}"),
        ("status", f"{run.status}{deleted}"),
        *([("error", run.error)] if run.error else []),
        *([("way out", way_out)] if (way_out := _way_out(run)) else []),
        ("recipe", of_recipe(run).text),
        ("epochs", f"{len(epochs)} done"),
        ("best validation", best),
        ("last validation", last),
        *facts.items(),
        ("tags", ", ".join(run.tags) or "none"),
        ("note", run.note.replace("\n", f"\n{'':17}") or "none"),
        *([("sweep", run.sweep)] if run.sweep else []),
        *([("copy of", run.parent)] if run.parent else []),
    ]
    for name, text in lines:
        click.echo(f"{name:15}  {text}")


def _way_out(run: RunRecord) -> str | None:
    """What can be done with a run that failed."""
    from bnn_designer.training.failures import WAY_OUT

    return WAY_OUT[run.failure] if run.failure is not None else None


COMMANDS: tuple[click.Command, ...] = (list_runs, show)
