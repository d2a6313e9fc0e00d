"""``bnn-designer train``: a run in this terminal."""

from __future__ import annotations

import sys
from typing import Any

import click

from bnn_designer.cli.terminal import console, open_store
from bnn_designer.cost import cost
from bnn_designer.design import Design, apply_edit
from bnn_designer.design.find import find_design
from bnn_designer.errors import DesignError
from bnn_designer.quiet import import_tensorflow_quietly


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--data", metavar="SET|PATH", help="cifar10 (as by default), mnist, fashion-mnist, or your own images.")
@click.option("--fit", is_flag=True, help="Give the design the input shape and the classes of the data set first.")
@click.option("--epochs", type=int, help="Passes over the training images.")
@click.option("--subset", type=int, help="Train on the first N images only.")
@click.option("--batch-size", type=int, help="Batch size.")
@click.option("--learning-rate", type=float, help="Adam's learning rate at its highest point.")
@click.option("--schedule", type=click.Choice(["cosine", "constant"]), help="How the learning rate changes.")
@click.option("--augment/--no-augment", default=None, help="Shift images at random, and mirror where that makes sense.")
@click.option("--validation-subset", type=int, help="Validate on the first N test images only.")
@click.option("--engine", type=click.Choice(["auto", "xnor", "float"]), help="What computes the binary layers.")
@click.option(
    "--gradients",
    type=click.Choice(["auto", "float", "int16", "int8"]),
    help="How the XNOR op computes gradients: float is exact; auto is int16 in short runs.",
)
@click.option("--seed", type=int, help="The same seed gives the same curve.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON, and no progress bar.")
def train(design: str, data: str | None, fit: bool, as_json: bool, **fields: Any) -> None:
    """Train a design, in this terminal. The run also appears on the Runs page.

    `bnn-designer data` lists the data sets and where each is. A published one that is on no disk here is downloaded.
    """
    from bnn_designer.cli.training_progress import JsonLines, ProgressBar
    from bnn_designer.runs.execute import run_in_foreground
    from bnn_designer.training.data import data_name
    from bnn_designer.training.recipe import Recipe

    if data is not None:
        fields["data"] = data_name(data)
    recipe = Recipe.from_fields(**{name: value for name, value in fields.items() if value is not None})
    network = _fitting(find_design(design), recipe.data, fit)
    cost(network)  # a design that cannot be lowered is refused before anything is stored
    import_tensorflow_quietly()
    store = open_store()
    with JsonLines(sys.stdout) if as_json else ProgressBar(console(), network.name) as show:
        run = run_in_foreground(store, network, recipe, on_event=show)
        show.end(run)
    if run.status == "cancelled":
        sys.exit(130)


def _fitting(network: Design, data: str, fit: bool) -> Design:
    """The design as it will be trained; refused before anything is stored if it or the data set is not as it must be.

    Raises:
        DataError: the data set is damaged, or one's own is not there.
        DesignError: the design does not fit it.
    """
    from bnn_designer.training.data import describe_data, fitting_edit, misfit

    status = describe_data(data)
    if status.problem is not None and not status.downloadable:
        raise status.problem
    assert status.facts is not None
    problem = misfit(network, status.facts)
    if problem is None:
        return network
    edit = fitting_edit(network, status.facts)
    if edit is None:
        raise DesignError(
            problem.path, problem.rule, f"{problem.mend}. Some layers must change too: see the Design page"
        )
    if not fit:
        raise DesignError(problem.path, problem.rule, f"{problem.mend}, or add --fit, which does it for this run")
    return apply_edit(network, edit)


COMMANDS: tuple[click.Command, ...] = (train,)
