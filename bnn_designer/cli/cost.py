"""``bnn-designer cost``."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from bnn_designer.cli.terminal import console
from bnn_designer.cost import DeployOptions, cost
from bnn_designer.design.find import find_design


@click.command(name="cost")
@click.argument("design", metavar="PRESET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--dense",
    type=click.Choice(["conv", "float"]),
    default="conv",
    show_default=True,
    help="Deploy binary dense layers as binary 1x1 convolutions, or in float, as the Keras converter does.",
)
@click.option(
    "--kernel",
    type=click.Choice(["indirect", "default"]),
    default="indirect",
    show_default=True,
    help="The binary convolution kernel: indirect reads its input in place, default unfolds it first.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Batch size, for the training memory.",
)
@click.option("--budget-flash", metavar="SIZE", help="Exit with 3 if the deployed file is larger, such as 1MiB.")
@click.option("--budget-ram", metavar="SIZE", help="Exit with 3 if the arena is larger, such as 256KiB.")
@click.option("--device", metavar="NAME", help="Take the budget from a device of the catalogue.")
@click.option("--timeline", is_flag=True, help="Show the memory over time, operator by operator.")
@click.option("--transitions", is_flag=True, help="Show each pass between floats and bits, and what causes it.")
@click.option(
    "--formulas",
    metavar="[LAYER|TOTAL]",
    is_flag=False,
    flag_value="totals",
    help="Show the formulas of figures: a layer's, a total's such as deployed.file_bytes, or all totals.",
)
def cost_command(design: str, as_json: bool, dense: str, kernel: str, **wishes: Any) -> None:
    """Print what a design costs: weights, multiply-accumulates, file, memory, latency, and the devices that it fits.

    Exits with 3 if a budget is exceeded, and names the layers to blame.
    """
    from bnn_designer.cli.cost_answer import CostAnswer, Wishes

    options = DeployOptions(binary_dense=dense, kernel=kernel)
    answer = CostAnswer(cost(find_design(design), options), Wishes(**wishes))
    if as_json:
        click.echo(json.dumps(answer.to_data(), indent=2))
    else:
        answer.print(console())
    if answer.budget is not None and answer.budget.exceeded:
        sys.exit(3)


COMMANDS: tuple[click.Command, ...] = (cost_command,)
