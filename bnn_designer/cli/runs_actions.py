"""What can be done with a run in a terminal: cancel, pause, resume, retry, extend, clone, verify."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from bnn_designer.cli.terminal import person_option


def _act(run_id: str, act: Callable[[Any, str], Any]) -> None:
    """Does it, and prints what the run is then."""
    from bnn_designer.runs.store import Store

    store = Store()
    act(store, run_id)
    run = store.run(run_id)
    click.echo(f"run {run_id}: {run.stopping or run.status}")


@click.command()
@click.argument("run_id", metavar="ID")
def cancel(run_id: str) -> None:
    """End a run; what it has kept stays, and it can be resumed."""
    from bnn_designer.runs import queue

    _act(run_id, queue.cancel)


@click.command()
@click.argument("run_id", metavar="ID")
def pause(run_id: str) -> None:
    """Have a run keep its state and stop, so that others may run."""
    from bnn_designer.runs import queue

    _act(run_id, queue.pause)


@click.command()
@click.argument("run_id", metavar="ID")
def resume(run_id: str) -> None:
    """Queue a run that has stopped, to go on from its last state to the very same curve."""
    from bnn_designer.runs import actions

    _act(run_id, actions.resume)


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--without-teacher", is_flag=True, help="Of a run that failed for want of its teacher: train it alone.")
def retry(run_id: str, without_teacher: bool) -> None:
    """Queue a run that has stopped, from its beginning. Its curve and its weights so far are dropped.

    Runs that failed since this one was not done wait for it again.
    """
    from bnn_designer.runs import actions

    _act(run_id, actions.without_teacher if without_teacher else actions.retry)


@click.command()
@click.argument("run_id", metavar="ID")
@click.argument("epochs", type=int)
def extend(run_id: str, epochs: int) -> None:
    """Queue a run that has ended for EPOCHS more, and say what that does to the learning rate."""
    from bnn_designer.runs import actions
    from bnn_designer.runs.store import Store

    store = Store()
    text = actions.extension_text(store.run(run_id).recipe, max(1, epochs))
    actions.extend(store, run_id, epochs)
    click.echo(f"run {run_id}: {store.run(run_id).status}. {text}")


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the recipe; repeatable.")
@person_option
def clone(run_id: str, settings: tuple[str, ...], person: str | None) -> None:
    """Queue a new run of the same design and recipe, but for what is --set, such as --set epochs=20 --set seed=1."""
    from bnn_designer.runs import actions
    from bnn_designer.runs.store import Store

    store = Store()
    new = actions.clone(store, run_id, person=person, **actions.settings_of(settings))
    click.echo(f"run {new}: {store.run(new).status}, a copy of {run_id}")


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(run_id: str, as_json: bool) -> None:
    """Compute the stored validation of a run again from its models. Exits with 1 if a digit is another one."""
    from bnn_designer.quiet import import_tensorflow_quietly
    from bnn_designer.runs.store import Store
    from bnn_designer.runs.verifying import verify as verified

    import_tensorflow_quietly()
    checks = verified(Store(), run_id)
    if as_json:
        data = [
            {
                "model": check.model,
                "epoch": check.epoch,
                "images": check.images,
                "stored": {"loss": check.stored[0], "accuracy": check.stored[1]},
                "found": {"loss": check.found[0], "accuracy": check.found[1]},
                "holds": check.holds,
            }
            for check in checks
        ]
        click.echo(json.dumps(data, indent=2))
    else:
        for check in checks:
            word = "the same" if check.holds else f"ANOTHER: loss {check.found[0]!r}, accuracy {check.found[1]!r}"
            click.echo(
                f"{check.model} model, epoch {check.epoch}: stored loss {check.stored[0]!r}, "
                f"accuracy {check.stored[1]!r}; computed again: {word}"
            )
    if not all(check.holds for check in checks):
        sys.exit(1)


COMMANDS: tuple[click.Command, ...] = (cancel, pause, resume, retry, extend, clone, verify)
