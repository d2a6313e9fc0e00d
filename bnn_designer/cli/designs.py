"""The commands that make designs: the presets, and a file to edit."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnn_designer.design import apply_edit
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.presets import PRESETS, preset, summary
from bnn_designer.design.small_image import small_image_stem
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def presets(as_json: bool) -> None:
    """List the presets: networks that a design can start from."""
    if as_json:
        click.echo(json.dumps({name: summary(name) for name in PRESETS}, indent=2))
        return
    width = max(map(len, PRESETS))
    for name in PRESETS:
        click.echo(f"{name:{width}}  {summary(name)}")


@click.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--image", metavar="SIZE", help="The images' size, such as 32, 32x48 or 32x32x1.")
@click.option("--classes", type=click.IntRange(min=1), help="The number of classes.")
@click.option(
    "--keep-stem", is_flag=True, help="With a small --image: keep the stem that a preset made for ImageNet has."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(name: str, output: Path, image: str | None, classes: int | None, keep_stem: bool, force: bool) -> None:
    """Write the preset NAME as a design file, to edit.

    With a small image, a preset made for ImageNet gets the stem that the field gives it there: 3x3 with stride 1, and
    no pool.
    """
    from bnn_designer.files import write_text

    design = preset(name)
    changes: dict[str, object] = {} if image is None else {"input_shape": _shape(image, design.input_shape)}
    changes |= {} if classes is None else {"classes": classes}
    design = apply_edit(design, UpdateDesign(changes=changes)) if changes else design
    small = None if image is None or keep_stem else small_image_stem(design)
    design = small or design
    lower(design)
    write_text(output, design.to_json(), overwrite=force)
    click.echo(f"{output}: {summary(name)}")
    if small is not None:
        click.echo("Its stem is that for small images, 3x3 with stride 1 and no pool; --keep-stem keeps the original.")


def _shape(text: str, original: tuple[int, int, int]) -> tuple[int, ...]:
    """Height, width and channels of a size as text; the channels, where it has none, are the original's.

    Raises:
        BnnDesignerError: the text is no size.
    """
    try:
        sizes = tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        sizes = ()
    if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
        raise BnnDesignerError(f"--image: {text!r} is not a size. Give one such as 32, 32x48 or 32x32x1.")
    height, width = (sizes[0], sizes[0]) if len(sizes) == 1 else sizes[:2]
    return height, width, sizes[2] if len(sizes) == 3 else original[2]


COMMANDS: tuple[click.Command, ...] = (presets, new)
