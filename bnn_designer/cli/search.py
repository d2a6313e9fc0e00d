"""``bnn-designer search``: which designs within a budget are the most accurate, by training those that fit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnn_designer.cli.recipe_options import recipe_options, training_of
from bnn_designer.cli.terminal import console, open_store, say
from bnn_designer.compare.freedom import KINDS
from bnn_designer.cost.latency.calibration import THIS_MACHINE
from bnn_designer.cost.latency.devices import SOURCES
from bnn_designer.design.find import find_design
from bnn_designer.units import counted

if TYPE_CHECKING:
    from bnn_designer.search.results import Found

_THIS_MACHINE = THIS_MACHINE.replace(" ", "-")


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--budget-flash", metavar="SIZE", help="The most that the deployed file may have, such as 1MiB.")
@click.option("--budget-ram", metavar="SIZE", help="The most that the arena may have, such as 64KiB.")
@click.option("--budget-latency", metavar="TIME", help="The most that an image may take on --device, such as 5ms.")
@click.option(
    "--device",
    type=click.Choice([*SOURCES, _THIS_MACHINE]),
    default="pixel-1",
    show_default=True,
    help="Whose latency; this machine's is known after `calibrate`.",
)
@click.option(
    "--vary",
    "varied",
    multiple=True,
    type=click.Choice(list(KINDS)),
    help="Only these degrees of freedom; repeatable. As by default all that the design has.",
)
@click.option("--hours", type=float, help="Stop after so many hours; the same command goes on.")
@click.option("--trials", type=int, help="Stop when so many networks have been trained in all.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Save the front's designs in this folder."
)
@recipe_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search(
    design: str,
    budget_flash: str | None,
    budget_ram: str | None,
    budget_latency: str | None,
    device: str,
    varied: tuple[str, ...],
    hours: float | None,
    trials: int | None,
    out: Path | None,
    data: str | None,
    fit: bool,
    known: str | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Search widths, depths, precisions and shortcuts of a design for networks that keep a budget and are accurate.

    What is over budget is never trained, and a run that is clearly behind is cancelled. One run at a time is trained,
    through the queue. The same command again goes on where it was stopped. --seed is that of the proposals too.
    """
    from bnn_designer.search.definition import Search, SearchError, limits_of
    from bnn_designer.search.loop import Amount, go, start
    from bnn_designer.search.process import held
    from bnn_designer.search.results import Found
    from bnn_designer.search.words import limits_text

    figure = f"latency_{device.replace('-', '_')}_ms"
    limits = limits_of(budget_flash or "", budget_ram or "", budget_latency or "", figure)
    amount = Amount(trials, hours)
    asked = training_of(find_design(design), data, fit, known, fields)
    if asked.with_twin:
        raise SearchError(
            "--teacher twin: a search's runs share one teacher. Train the twin first, and give its run's id."
        )
    wanted = Search(asked.design, asked.recipe, limits, varied or tuple(KINDS))
    space = wanted.space  # an error in it stores nothing
    store = open_store()
    key, tried = start(store, wanted)
    points = f"{counted(space.size, 'point')} of {counted(len(space.degrees), 'degree')} of freedom"
    say(f"Search {key}: {points}. {limits_text(limits)}.")
    if tried:
        say(f"{len(tried)} of them were tried before.")
    interrupted = False
    try:
        with held(store, key):
            say(go(store, key, wanted, tried, amount, say))
    except KeyboardInterrupt:
        say("Stopped; a run at work is paused. The same command goes on.")
        interrupted = True
    found = Found(key, wanted, tuple(tried))
    if out is not None:
        _save(found, out)
    _print(found, as_json)
    if interrupted:
        sys.exit(130)


def _save(found: Found, folder: Path) -> None:
    """Each design of the front in a file of its own, whole or not at all."""
    from bnn_designer.files import write_text
    from bnn_designer.search.definition import SearchError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in found.front:
            write_text(folder / found.file_name(one), found.design(one).to_json(), overwrite=True)
    except OSError as error:
        raise SearchError(f"{folder}: the designs cannot be saved ({error}). Give another folder.") from error
    say(f"{counted(len(found.front), 'design')} saved in {folder}.")


def _print(found: Found, as_json: bool) -> None:
    from bnn_designer.cli.tables.search import print_front

    if as_json:
        click.echo(json.dumps(found.to_data(), indent=2))
    else:
        print_front(found, console())


COMMANDS: tuple[click.Command, ...] = (search,)
