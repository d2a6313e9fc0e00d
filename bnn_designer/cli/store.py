"""``bnn-designer store``: a backup, a move to another database, and whether all is well."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnn_designer.cli.terminal import console, open_store
from bnn_designer.folders import home_dir
from bnn_designer.units import counted

if TYPE_CHECKING:
    from bnn_designer.runs.check import Check


@click.group()
def store() -> None:
    """Back up, move or check the store of drafts and runs. See docs/store.md."""


@store.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Write a backup to PATH, a new folder, while everything goes on.

    The folder has the database and the folders of runs, and can be used as BNN_HOME. With a PATH that ends in .sqlite,
    the database alone is written.
    """
    from bnn_designer.runs.backup import backup as write_backup
    from bnn_designer.runs.store import Store

    _check_there()
    made = write_backup(Store(), path.absolute())
    folders = "" if made.folders is None else f", {counted(made.folders, 'folder')} of runs"
    click.echo(f"{made.path}: {counted(made.runs, 'run')}{folders}, {made.size_bytes / 2**20:.1f} MiB.")


@store.command()
@click.argument("url")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Copy the folders of runs (weights, logs) to this home folder too; they stay where they are otherwise.",
)
def move(url: str, home: Path | None) -> None:
    """Copy everything into the empty database at URL, such as postgresql://me@host/bnn or sqlite:////srv/bnn.sqlite.

    Stop the app first: what is written after the copy stays in the old store.
    """
    from bnn_designer.runs.connection import shown
    from bnn_designer.runs.transfer import move as copy

    _check_there()
    counts = copy(open_store(), url, home.absolute() if home is not None else None)
    for table, count in counts.items():
        click.echo(f"{table:16} {count:>9,} rows")
    settings = [f"BNN_STORE_URL={shown(url)}", *([f"BNN_HOME={home.absolute()}"] if home is not None else [])]
    click.echo(f"All rows arrived. Set {' and '.join(settings)}, and start the app again. The old store is as it was.")


@store.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(as_json: bool) -> None:
    """Say what the store holds and where, and whether it is whole; the exit status is 1 where it is not."""
    from bnn_designer.runs.check import check as look
    from bnn_designer.runs.store import store_url

    found = look(store_url(), home_dir())
    if as_json:
        click.echo(json.dumps(asdict(found) | {"home": str(found.home)}, indent=2))
    else:
        _print(found)
    if found.problems:
        sys.exit(1)


#: What the terminal calls a fact.
_LABELS = {
    "database": "database",
    "size_bytes": "its size",
    "free_bytes": "free on its disk",
    "revision": "revision",
    "run_folders": "folders of runs",
    "run_folders_bytes": "their size",
    "folders_without_run": "without a run",
}


def _check_there() -> None:
    """Raises StoreError where there is no store yet, as this is no place to make one."""
    from bnn_designer.runs.connection import database_file, read_address
    from bnn_designer.runs.store import StoreError, store_url

    file = database_file(read_address(store_url()))
    if file is not None and not file.exists():
        raise StoreError(f"{file}: there is no store yet. Set BNN_HOME or BNN_STORE_URL to the one that you mean.")


def _print(found: Check) -> None:
    def say(text: str) -> None:
        console().print(text, highlight=False, soft_wrap=True, markup=False)

    say(f"store             {found.url}")
    say(f"home              {found.home}")
    if not found.exists:
        say("There is no store there yet; the first draft or run makes it.")
        return
    for name, value in found.facts.items():
        text = f"{int(value) / 2**20:,.1f} MiB" if name.endswith("_bytes") else value
        say(f"{_LABELS[name]:17} {text}")
    for table, count in found.rows.items():
        say(f"{table:17} {counted(count, 'row')}")
    for problem in found.problems:
        say(f"PROBLEM: {problem}")
    if not found.problems:
        say("All is well.")


COMMANDS: tuple[click.Command, ...] = (store,)
