"""The command line: the same jobs as the pages, without a browser.

Errors that a user can mend go to standard error in one paragraph, with exit status 2 and no traceback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

import bnn_designer
from bnn_designer.cli_analysis import COMMANDS as ANALYSIS_COMMANDS
from bnn_designer.cli_bench import bench
from bnn_designer.cli_inference import COMMANDS as INFERENCE_COMMANDS
from bnn_designer.cost import DeployOptions, cost
from bnn_designer.design import Design, load_design
from bnn_designer.design.presets import PRESETS, preset, summary
from bnn_designer.errors import BnnDesignerError
from bnn_designer.quiet import import_tensorflow_quietly

FOLDER_VARIABLES = ("BNN_DATA_DIR", "BNN_HOME", "BNN_CACHE_DIR")
APP_FILE = Path(bnn_designer.__file__).parent.parent / "app.py"


class ErrorsAsText(click.Group):
    """A group of commands whose mendable errors end in exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BnnDesignerError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)


@click.group(cls=ErrorsAsText, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(bnn_designer.__version__, prog_name="bnn-designer")
def main() -> None:
    """Design, cost, train and run binarized neural networks."""


for _command in (*ANALYSIS_COMMANDS, *INFERENCE_COMMANDS, bench):
    main.add_command(_command)


def _console() -> Console:
    """The terminal; a file or a pipe has no width, so that no line is broken for one."""
    return Console() if sys.stdout.isatty() else Console(width=200)


def find_design(source: str) -> Design:
    """The design of a preset's name or in a file.

    Raises:
        DesignError: neither is there, or the file does not hold a design.
    """
    if source in PRESETS:
        return preset(source)
    path = Path(source)
    return load_design(path) if path.exists() or path.suffix else preset(source)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def presets(as_json: bool) -> None:
    """List the networks that designs can start from."""
    if as_json:
        click.echo(json.dumps({name: summary(name) for name in PRESETS}, indent=2))
        return
    width = max(map(len, PRESETS))
    for name in PRESETS:
        click.echo(f"{name:{width}}  {summary(name)}")


@main.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def new(name: str, output: Path, force: bool) -> None:
    """Write the preset NAME as a design file, to edit."""
    from bnn_designer.files import write_text

    write_text(output, preset(name).to_json(), overwrite=force)
    click.echo(f"{output}: {summary(name)}")


@main.command(name="cost")
@click.argument("design", metavar="PRESET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--dense",
    type=click.Choice(["conv", "float"]),
    default="conv",
    show_default=True,
    help="Deploy binary dense layers as binary 1x1 convolutions, or as Keras layers are: to floats.",
)
@click.option(
    "--kernel",
    type=click.Choice(["indirect", "default"]),
    default="indirect",
    show_default=True,
    help="The binary kernel: it reads its input in place, or unfolds it first.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Images a step, for the training memory.",
)
@click.option("--budget-flash", metavar="SIZE", help="Exit with 3 if the deployed file is larger, such as 1MiB.")
@click.option("--budget-ram", metavar="SIZE", help="Exit with 3 if the arena is larger, such as 256KiB.")
@click.option("--device", metavar="NAME", help="Take the budget from a device of the catalogue.")
@click.option("--timeline", is_flag=True, help="Show the memory over time, operator by operator.")
@click.option(
    "--formulas",
    metavar="[LAYER|TOTAL]",
    is_flag=False,
    flag_value="totals",
    help="Open figures to their formulas: a layer's, a total's such as deployed.file_bytes, or all totals.",
)
def cost_command(design: str, as_json: bool, dense: str, kernel: str, **wishes: Any) -> None:
    """Print what a design costs: weights, multiply-accumulates, file, memory, latency, and the devices that it fits.

    Exits with 3 if a budget is exceeded, and names the layers to blame.
    """
    from bnn_designer.cli_cost import CostAnswer, Wishes

    options = DeployOptions(binary_dense=dense, kernel=kernel)
    answer = CostAnswer(cost(find_design(design), options), Wishes(**wishes))
    if as_json:
        click.echo(json.dumps(answer.to_data(), indent=2))
    else:
        answer.print(_console())
    if answer.budget is not None and answer.budget.exceeded:
        sys.exit(3)


@main.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--epochs", type=int, help="Passes over the training images.")
@click.option("--subset", type=int, help="Train on the first so many images only.")
@click.option("--batch-size", type=int, help="Images per step.")
@click.option("--learning-rate", type=float, help="Adam's learning rate at its highest point.")
@click.option("--schedule", type=click.Choice(["cosine", "constant"]), help="How the learning rate changes.")
@click.option("--augment/--no-augment", default=None, help="Flip images and shift them, at random.")
@click.option("--validation-subset", type=int, help="Validate on the first so many test images only.")
@click.option("--engine", type=click.Choice(["auto", "xnor", "float"]), help="What computes the binary layers.")
@click.option(
    "--gradients",
    type=click.Choice(["auto", "float", "int16", "int8"]),
    help="How the XNOR op computes them: float is exact; auto is int16 in short runs.",
)
@click.option("--seed", type=int, help="The same seed gives the same curve.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON, and no progress bar.")
def train(design: str, as_json: bool, **fields: Any) -> None:
    """Train a design on CIFAR-10, in this terminal. The run also stands on the Runs page."""
    from bnn_designer.training.execute import run_in_foreground
    from bnn_designer.training.progress import JsonLines, ProgressBar
    from bnn_designer.training.recipe import Recipe
    from bnn_designer.training.store import Store

    recipe = Recipe.from_fields(**{name: value for name, value in fields.items() if value is not None})
    network = find_design(design)
    cost(network)  # a design that cannot be lowered is refused before anything is stored
    import_tensorflow_quietly()
    with JsonLines(sys.stdout) if as_json else ProgressBar(_console(), network.name) as show:
        run = run_in_foreground(Store(), network, recipe, on_event=show)
        show.end(run)
    if run.status == "cancelled":
        sys.exit(130)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def kernels(as_json: bool) -> None:
    """Say whether the compiled op is built, which instruction set it uses, and test it."""
    from bnn_designer import kernels as compiled
    from bnn_designer.kernels.report import print_report, report_data

    import_tensorflow_quietly()
    available = compiled.available()
    info, test = compiled.info(), compiled.self_test() if available else None
    library, because = _float_kernels() if available else (None, None)
    if as_json:
        click.echo(json.dumps(report_data(info, test, library, because), indent=2))
    else:
        print_report(info, test, library, because, _console())
    if test is not None and not test.ok:
        sys.exit(1)


def _float_kernels() -> tuple[str | None, str | None]:
    """The library of the engine's float layers, or why it has none."""
    from bnn_designer.inference.engine import float_kernels_here
    from bnn_designer.inference.errors import EngineError

    try:
        found = float_kernels_here()
    except EngineError as error:
        return None, str(error)
    return found.library.name if found.library else None, found.reason


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("streamlit_options", nargs=-1, type=click.UNPROCESSED)
def app(streamlit_options: tuple[str, ...]) -> None:
    """Open the app in the browser. Further options go to Streamlit, such as --server.port 8600."""
    if not APP_FILE.exists():
        raise BnnDesignerError(f"{APP_FILE}: the app's file is missing. Run from a checkout of the project.")
    # Streamlit reads its settings where it runs, so it runs beside app.py; folders named from here stay what they are.
    folders = {name: os.path.abspath(os.environ[name]) for name in FOLDER_VARIABLES if os.environ.get(name)}
    command = [sys.executable, "-m", "streamlit", "run", str(APP_FILE), *streamlit_options]
    sys.exit(subprocess.call(command, cwd=APP_FILE.parent, env=os.environ | folders))


if __name__ == "__main__":
    main()
