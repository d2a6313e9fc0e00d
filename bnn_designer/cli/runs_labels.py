"""``bnn-designer runs tag`` and ``runs note``: what people write on runs to find them again."""

from __future__ import annotations

import click


@click.command()
@click.argument("run_id", metavar="ID")
@click.argument("tags", metavar="[TAG]...", nargs=-1)
@click.option("--remove", multiple=True, metavar="TAG", help="Remove this tag; repeatable.")
def tag(run_id: str, tags: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Add every TAG to a run, and print the tags that it has then."""
    from bnn_designer.runs.labels import add_tags, remove_tags
    from bnn_designer.runs.store import Store

    store = Store()
    run = add_tags(store, run_id, tags)
    if remove:
        run = remove_tags(store, run_id, remove)
    click.echo(f"run {run_id}: {', '.join(run.tags) or 'no tags'}")


@click.command()
@click.argument("run_id", metavar="ID")
@click.argument("text", required=False)
def note(run_id: str, text: str | None) -> None:
    """Write TEXT on a run in the place of the note that it has, or print that note; "" removes it."""
    from bnn_designer.runs.labels import set_labels
    from bnn_designer.runs.store import Store

    store = Store()
    run = store.run(run_id) if text is None else set_labels(store, run_id, note=text)
    click.echo(run.note or f"run {run_id}: no note")


COMMANDS: tuple[click.Command, ...] = (tag, note)
