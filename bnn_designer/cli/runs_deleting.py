"""``bnn-designer runs delete`` and ``runs restore``."""

from __future__ import annotations

import click

from bnn_designer.units import bytes_text


@click.command()
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--now", is_flag=True, help="Free the disk at once: it cannot be restored. Takes deleted runs, too.")
@click.option("--yes", is_flag=True, help="With --now: do not ask.")
def delete(run_ids: tuple[str, ...], now: bool, yes: bool) -> None:
    """Delete runs. They can be restored for 30 days, and take their place on the disk until then."""
    from bnn_designer.runs.deleting import delete_run, remove_run
    from bnn_designer.runs.store import Store

    store = Store()
    runs = [store.run(run_id, deleted=now) for run_id in run_ids]
    if now and not yes:
        names = ", ".join(f"{run.id} of {run.name}" for run in runs)
        click.confirm(f"Remove run {names} for good, with curve and weights?", abort=True)
    for run in runs:
        if now:
            freed = remove_run(store, run.id)
            click.echo(f"run {run.id}: removed for good, {bytes_text(freed)} freed")
        else:
            delete_run(store, run.id)
            click.echo(f"run {run.id}: deleted; bnn-designer runs restore {run.id} brings it back")


@click.command()
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
def restore(run_ids: tuple[str, ...]) -> None:
    """Bring deleted runs back."""
    from bnn_designer.runs.deleting import restore_run
    from bnn_designer.runs.store import Store

    store = Store()
    for run_id in run_ids:
        click.echo(f"run {run_id}: {restore_run(store, run_id).status}")


COMMANDS: tuple[click.Command, ...] = (delete, restore)
