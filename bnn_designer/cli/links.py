"""The commands that turn a design into a link that holds all of it, and such a link into a file."""

from __future__ import annotations

from pathlib import Path

import click

from bnn_designer.design.find import find_design
from bnn_designer.design.links import design_in_link, design_in_text, is_link, link_to

#: Where the app is by default.
LOCAL = "http://localhost:8501/"


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--app", default=LOCAL, show_default=True, help="The address of the app that is to open it.")
def link(design: str, app: str) -> None:
    """Print a link that opens a design in the app as a new draft.

    The whole design is in it, so it works on any server.
    """
    click.echo(link_to(find_design(design), app))


@click.command(name="from-link")
@click.argument("link")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def from_link(link: str, output: Path, force: bool) -> None:
    """Write the design that LINK holds as a design file. Quote the link: its "?" and "&" mean something to the shell.

    Every command that takes a PRESET|FILE takes a link in its place, too.
    """
    from bnn_designer.files import write_text

    design = design_in_link(link) if is_link(link) else design_in_text(link)
    write_text(output, design.to_json(), overwrite=force)
    click.echo(f"{output}: {design.name}")


COMMANDS: tuple[click.Command, ...] = (link, from_link)
