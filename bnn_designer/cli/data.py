"""``bnn-designer data``: which data sets there are, where each is, and what is in one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnn_designer.cli.terminal import console


@click.command()
@click.argument("data", metavar="[SET|PATH]", required=False)
@click.option("--download", is_flag=True, help="With a published set: fetch it into the cache if it is nowhere.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="With a set: save its images as an .npz file, to train on."
)
@click.option("--force", is_flag=True, help="With -o: overwrite an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def data(data: str | None, download: bool, output: Path | None, force: bool, as_json: bool) -> None:
    """List the data sets to train on, and where each is or what is wrong with it.

    With a SET (cifar10, mnist, fashion-mnist) or the PATH of a folder of pictures, an .npz file or IDX files of your
    own, read it whole, as training would, and say what is in it. docs/data.md says how these must be laid out.
    """
    from bnn_designer.cli.tables.data import contents_data, print_contents, print_sets, sets_data
    from bnn_designer.errors import BnnDesignerError
    from bnn_designer.files import write_bytes
    from bnn_designer.training.data import data_name, load
    from bnn_designer.training.data.npz import to_npz

    if data is not None:
        found = load(data_name(data), download=download)
        if output is not None:
            write_bytes(output, to_npz(found), overwrite=force)
        if as_json:
            click.echo(json.dumps(contents_data(found), indent=2))
        else:
            print_contents(found, console())
        return
    if download or output is not None:
        raise BnnDesignerError("data: --download and --output take the name of a set, such as mnist.")
    if as_json:
        click.echo(json.dumps(sets_data(), indent=2))
    else:
        print_sets(console())


COMMANDS: tuple[click.Command, ...] = (data,)
