"""``bnn-designer kernels``: is the op built, which instruction set, does it compute right."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bnn_designer.cli.terminal import console
from bnn_designer.quiet import import_tensorflow_quietly

if TYPE_CHECKING:
    from bnn_designer.cli.tables.kernels import AutoChoice


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def kernels(as_json: bool) -> None:
    """Say whether the compiled op is built and which instruction set it uses, and test it.

    The exit status is 1 where a test fails or, with a compiler, the op cannot be built or used.
    """
    from bnn_designer import kernels as compiled
    from bnn_designer.cli.tables.kernels import print_report, report_data

    import_tensorflow_quietly()
    available = compiled.available()
    info, test = compiled.info(), compiled.self_test() if available else None
    if not available and not info.built:
        info = replace(info, reason=compiled.unavailable_reason())
    library, because = _float_kernels() if available else (None, None)
    auto = _auto_choice(info.isa) if info.isa else None
    if as_json:
        click.echo(json.dumps(report_data(info, test, library, because, auto), indent=2))
    else:
        print_report(info, test, library, because, auto, console())
    # without a compiler there is nothing to be wrong: binary layers compute in floating point
    failed_build = test is None and info.compiler is not None
    if failed_build or (test is not None and not test.ok):
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


def _auto_choice(isa: str) -> AutoChoice:
    from bnn_designer.cli.tables.kernels import AutoChoice
    from bnn_designer.nn.layer_choice import LOOKUP_FROM_WIDTH, MOST_TAPS, XNOR_FROM_CHANNELS

    return AutoChoice(XNOR_FROM_CHANNELS.get(isa), LOOKUP_FROM_WIDTH.get(isa), MOST_TAPS)


COMMANDS: tuple[click.Command, ...] = (kernels,)
