"""The commands between designs and code: a design as a program of Keras, and a saved model as a design."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnn_designer.cli.terminal import say
from bnn_designer.design.find import find_design
from bnn_designer.quiet import import_tensorflow_quietly

if TYPE_CHECKING:
    from bnn_designer.larq.opened import OpenedDesign


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
@click.argument("model", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The design file to write.")
@click.option(
    "--weights-out", type=click.Path(path_type=Path), help="Also write the design's model with FILE's weights."
)
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def import_model(model: Path, output: Path, weights_out: Path | None, force: bool) -> None:
    """Open a saved model as a design: Keras' .keras or .h5, Larq Compute Engine's .tflite, or ONNX' and QONNX' .onnx.

    A Keras file may be of this package, of plain Keras, or of Larq on Keras 2. Nothing in a file is run: layers and
    functions that are not Keras' or this package's own are refused. What no design has is named, layer by layer. With
    --weights-out its weights go into the design's model; of a Keras file it is written once it gives the same outputs.
    """
    from bnn_designer.errors import BnnDesignerError
    from bnn_designer.files import check_target, write_bytes, write_text

    if weights_out is not None:
        if weights_out.suffix != ".keras":
            raise BnnDesignerError(f"{weights_out}: Keras knows its files by their names. End this one in .keras.")
        check_target(weights_out, overwrite=force)
    check_target(output, overwrite=force)
    import_tensorflow_quietly()
    kind = model.suffix.lower()
    is_keras = kind not in (".tflite", ".onnx")
    opened, moved, said = (_opened_keras if is_keras else _opened_operators)(model, weights_out is not None)
    if weights_out is not None:
        write_bytes(weights_out, _as_file(moved), overwrite=force)
    write_text(output, opened.design.to_json(), overwrite=force)
    for note in opened.notes:
        say(f"{note}.")
    if weights_out is None:
        name = "Keras" if is_keras else kind
        say(f"The weights stay in the {name} file: a design has none. With --weights-out they are written too.")
    else:
        click.echo(f"{weights_out}: {said}")
    click.echo(f"{output}: {opened.design.name}")


def _opened_keras(path: Path, with_weights: bool) -> tuple[OpenedDesign, Any, str]:
    """The design of a Keras file; with weights also its model, and what is to be said of it."""
    from bnn_designer.larq.designs import design_of
    from bnn_designer.larq.moved_weights import model_with_weights
    from bnn_designer.larq.saved_file import model_in_file

    saved = model_in_file(path)
    opened = design_of(saved)
    if not with_weights:
        return opened, None, ""
    moved, apart = model_with_weights(path, saved, opened.design)
    return opened, moved, f"its outputs of random images differ from those of {path} by {apart:.2g} at most"


def _opened_operators(path: Path, with_weights: bool) -> tuple[OpenedDesign, Any, str]:
    """The same of a file of Larq Compute Engine or ONNX, whose operators are not run."""
    from bnn_designer.larq.lce.reading import read_file as read_lce
    from bnn_designer.larq.moved_file import model_of_file
    from bnn_designer.larq.onnx.reading import read_file as read_onnx

    read = (read_onnx if path.suffix.lower() == ".onnx" else read_lce)(path)
    moved = model_of_file(path, read) if with_weights else None
    return read.opened, moved, f"the design's model with the weights of {path}, which was not run for comparison"


def _as_file(model: Any) -> bytes:
    """A model as Keras saves it."""
    with tempfile.TemporaryDirectory(prefix="bnn-designer-") as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


COMMANDS: tuple[click.Command, ...] = (code, import_model)
