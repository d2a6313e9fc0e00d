"""The commands between designs and code: a design as a program of Keras, and a saved Keras model as a design."""

from __future__ import annotations

from pathlib import Path

import click

from bnn_designer.cli.terminal import say
from bnn_designer.design.find import find_design
from bnn_designer.quiet import import_tensorflow_quietly


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write; without it: the terminal.")
@click.option("--larq", "for_larq", is_flag=True, help="For Larq 0.14 itself on Keras 2, instead of this package.")
@click.option("--force", is_flag=True, help="With -o: overwrite an existing file.")
def code(design: str, output: Path | None, for_larq: bool, force: bool) -> None:
    """Write a design as the Keras program that builds its network, with Larq's names.

    The program imports bnn_designer.larq and runs on Keras 3; with --larq it imports Larq. Run by itself it prints the
    table of the model.
    """
    from bnn_designer.errors import BnnDesignerError
    from bnn_designer.files import write_text

    if force and output is None:
        raise BnnDesignerError("--force: nothing is overwritten in a terminal. Add -o FILE.")
    network = find_design(design)
    import_tensorflow_quietly()
    from bnn_designer.larq.program import program

    text = program(network, for_larq)
    if output is None:
        click.echo(text, nl=False)
        return
    write_text(output, text, overwrite=force)
    click.echo(f"{output}: {network.name}")


@click.command(name="import")
@click.argument("model", metavar="FILE.keras", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The design file to write.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def import_model(model: Path, output: Path, force: bool) -> None:
    """Open a saved Keras model as a design: its layers, without its weights.

    The file may be of this package, of plain Keras 3, or of Larq on Keras 2. Nothing in it is run: layers and functions
    that are not Keras' or this package's own are refused. What no design has is named, layer by layer.
    """
    from bnn_designer.files import write_text

    import_tensorflow_quietly()
    from bnn_designer.larq.designs import design_of
    from bnn_designer.larq.saved_file import model_in_file

    opened = design_of(model_in_file(model))
    write_text(output, opened.design.to_json(), overwrite=force)
    for note in opened.notes:
        say(f"{note}.")
    say("The weights stay in the Keras file: a design has none.")
    click.echo(f"{output}: {opened.design.name}")


COMMANDS: tuple[click.Command, ...] = (code, import_model)
