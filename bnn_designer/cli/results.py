"""``bnn-designer results``: what the guide claims, trained here; and how a result is made again."""

from __future__ import annotations

import json

import click

from bnn_designer.cli.terminal import console, open_store, say
from bnn_designer.units import counted


@click.group(invoke_without_command=True)
@click.pass_context
def results(context: click.Context) -> None:
    """List the results that come with the program, or show and make one."""
    if context.invoked_subcommand is None:
        from bnn_designer.cli.tables.results import print_list
        from bnn_designer.results.catalogue import CATALOGUE, kept_results

        there = kept_results()
        print_list([(entry, there.get(name)) for name, entry in CATALOGUE.items()], console())


@results.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the kept runs as JSON.")
def show(name: str, as_json: bool) -> None:
    """Print what is claimed, what came out, and the command that makes it again."""
    from bnn_designer.cli.tables.results import print_one
    from bnn_designer.results.catalogue import entry_of
    from bnn_designer.results.kept import ResultError, read_result

    entry = entry_of(name)
    if not entry.file.exists():
        raise ResultError(f"{name}: it was not trained yet. Train it: {entry.command}")
    kept = read_result(entry.file)
    if as_json:
        click.echo(json.dumps(kept.model_dump(mode="json"), indent=1))
    else:
        print_one(entry, kept, console())


@results.command()
@click.argument("name")
def make(name: str) -> None:
    """Write the result's file anew from the runs in the store that are done.

    The runs are those of the result's sweep: `results show` prints the command that trains them.
    """
    from bnn_designer.files import write_text
    from bnn_designer.results.catalogue import entry_of
    from bnn_designer.results.making import made

    entry = entry_of(name)
    kept = made(entry, open_store())
    write_text(entry.file, kept.to_json(), overwrite=True)
    whole = (
        f"all {counted(len(kept.runs), 'run')}"
        if not kept.missing
        else f"{counted(len(kept.runs), 'run')}, {kept.missing} missing"
    )
    say(f"{entry.file}: {whole}." + (f" Go on with {entry.command}" if kept.missing else ""))


COMMANDS: tuple[click.Command, ...] = (results,)
