"""``bnn-designer runs export``: all that was measured of a run, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option(
    "--to", "kind", type=click.Choice(["csv", "json"]), required=True, help="json: all of it; csv: one table."
)
@click.option(
    "--rows",
    type=click.Choice(["epochs", "steps"]),
    default="epochs",
    show_default=True,
    help="Of csv: a line for each epoch, with the measures of each layer, or for every ten steps.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True), default="-")
def export(
    run_id: str, kind: Literal["csv", "json"], rows: Literal["epochs", "steps"], force: bool, path: Path
) -> None:
    """Write what was measured of a RUN to PATH, or to the terminal without one."""
    from bnn_designer.files import write_text
    from bnn_designer.runs.export import as_csv, as_json
    from bnn_designer.runs.store import Store

    store = Store()
    run, events = store.run(run_id), store.events(run_id)
    text = as_json(run, events) if kind == "json" else as_csv(events, rows)
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    write_text(path, text, overwrite=force)
    click.echo(f"{path}: run {run.id}, {run.status}")


COMMANDS: tuple[click.Command, ...] = (export,)
