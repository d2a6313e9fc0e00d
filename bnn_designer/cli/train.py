"""``bnn-designer train``: a run in this terminal."""

from __future__ import annotations

import sys
from typing import Any

import click

from bnn_designer.cli.terminal import console, open_store
from bnn_designer.cost import cost
from bnn_designer.design.find import find_design
from bnn_designer.quiet import import_tensorflow_quietly


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--epochs", type=int, help="Passes over the training images.")
@click.option("--subset", type=int, help="Train on the first N images only.")
@click.option("--batch-size", type=int, help="Batch size.")
@click.option("--learning-rate", type=float, help="Adam's learning rate at its highest point.")
@click.option("--schedule", type=click.Choice(["cosine", "constant"]), help="How the learning rate changes.")
@click.option("--augment/--no-augment", default=None, help="Flip and shift images at random.")
@click.option("--validation-subset", type=int, help="Validate on the first N test images only.")
@click.option("--engine", type=click.Choice(["auto", "xnor", "float"]), help="What computes the binary layers.")
@click.option(
    "--gradients",
    type=click.Choice(["auto", "float", "int16", "int8"]),
    help="How the XNOR op computes gradients: float is exact; auto is int16 in short runs.",
)
@click.option("--seed", type=int, help="The same seed gives the same curve.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON, and no progress bar.")
def train(design: str, as_json: bool, **fields: Any) -> None:
    """Train a design on CIFAR-10, in this terminal. The run also appears on the Runs page."""
    from bnn_designer.cli.training_progress import JsonLines, ProgressBar
    from bnn_designer.runs.execute import run_in_foreground
    from bnn_designer.training.recipe import Recipe

    recipe = Recipe.from_fields(**{name: value for name, value in fields.items() if value is not None})
    network = find_design(design)
    cost(network)  # a design that cannot be lowered is refused before anything is stored
    import_tensorflow_quietly()
    store = open_store()
    with JsonLines(sys.stdout) if as_json else ProgressBar(console(), network.name) as show:
        run = run_in_foreground(store, network, recipe, on_event=show)
        show.end(run)
    if run.status == "cancelled":
        sys.exit(130)


COMMANDS: tuple[click.Command, ...] = (train,)
