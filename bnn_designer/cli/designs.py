"""The commands that make designs: the presets, and a file to edit."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnn_designer.design.presets import PRESETS, preset, summary


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
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(name: str, output: Path, force: bool) -> None:
    """Write the preset NAME as a design file, to edit."""
    from bnn_designer.files import write_text

    write_text(output, preset(name).to_json(), overwrite=force)
    click.echo(f"{output}: {summary(name)}")


COMMANDS: tuple[click.Command, ...] = (presets, new)
