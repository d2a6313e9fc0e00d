"""``bnn-designer runs export``: all that was measured of runs, as a file."""

from __future__ import annotations

from pathlib import Path
from string import hexdigits
from typing import TYPE_CHECKING, Literal

import click

from bnn_designer.units import counted

if TYPE_CHECKING:
    from bnn_designer.runs.records import RunRecord, StoredEvent

_ID_CHARS = 8
Kind = Literal["csv", "json", "tensorboard"]


@click.command()
@click.argument("names", metavar="RUN... [PATH]", nargs=-1, required=True)
@click.option(
    "--to",
    "kind",
    type=click.Choice(["csv", "json", "tensorboard"]),
    required=True,
    help="json: all of it; csv: one table; tensorboard: the epochs, as a log in the folder PATH/RUN.",
)
@click.option(
    "--rows",
    type=click.Choice(["epochs", "steps"]),
    default="epochs",
    show_default=True,
    help="Of csv: a line for each epoch, with the measures of each layer, or for every ten steps.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export(names: tuple[str, ...], kind: Kind, rows: Literal["epochs", "steps"], force: bool) -> None:
    """Write what was measured of each RUN to PATH, or to the terminal without one or with -.

    Of several runs: JSON is a list of them; each line of CSV begins with the run that it is of.
    """
    from bnn_designer.files import write_text
    from bnn_designer.runs import export as exported
    from bnn_designer.runs.store import Store

    run_ids, path = _runs_and_path(names)
    store = Store()
    found = [(store.run(run_id), store.events(run_id)) for run_id in run_ids]
    if kind == "tensorboard":
        _write_logs(found, path, force)
        return
    if len(found) == 1:
        run, events = found[0]
        text = exported.as_json(run, events) if kind == "json" else exported.as_csv(events, rows)
    else:
        text = exported.several_as_json(found) if kind == "json" else exported.several_as_csv(found, rows)
    if path is None:
        click.echo(text, nl=False)
        return
    write_text(path, text, overwrite=force)
    click.echo(f"{path}: {'; '.join(f'run {run.id}, {run.status}' for run, _ in found)}")


def _runs_and_path(names: tuple[str, ...]) -> tuple[tuple[str, ...], Path | None]:
    """The ids, and the path that may come last: one with an ending or a folder in it, so that no mistyped id is one.

    Raises:
        StoreError: the last of several names is neither.
    """
    from bnn_designer.runs.store import StoreError

    *first, last = names
    if not first or (len(last) == _ID_CHARS and set(last) <= set(hexdigits)):
        return tuple(dict.fromkeys(names)), None
    path = Path(last)
    if last != "-" and not path.suffix and path.name == last:
        raise StoreError(
            f"{last}: this is neither a run's id, which is {_ID_CHARS} hex digits, nor a file's name with an ending. "
            f"See `bnn-designer runs list` for the ids, or name the file ./{last} or {last}.csv."
        )
    return tuple(dict.fromkeys(first)), None if last == "-" else path


def _write_logs(found: list[tuple[RunRecord, list[StoredEvent]]], folder: Path | None, force: bool) -> None:
    """A log of each run in a folder of its own, so that TensorBoard lists them as runs."""
    from bnn_designer.training.events import EpochEnd
    from bnn_designer.training.tensorboard import write_log

    if folder is None:
        raise click.UsageError("a log is a folder: give its PATH after the runs, such as logs.")
    for run, events in found:
        epochs = [(item.created_at, item.event) for item in events if isinstance(item.event, EpochEnd)]
        path = write_log(folder / run.id, epochs, overwrite=force)
        click.echo(f"{path}: run {run.id}, {run.status}, {counted(len(epochs), 'epoch')}")


COMMANDS: tuple[click.Command, ...] = (export,)
