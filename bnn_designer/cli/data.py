"""``bnn-designer data``: which data sets there are, where each is, and what is in one."""

from __future__ import annotations

import json

import click

from bnn_designer.cli.terminal import console


@click.command()
@click.argument("data", metavar="[SET|PATH]", required=False)
@click.option("--download", is_flag=True, help="With a published set: fetch it into the cache if it is nowhere.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def data(data: str | None, download: bool, as_json: bool) -> None:
    """List the data sets to train on, and where each is or what is wrong with it.

    With a SET (cifar10, mnist, fashion-mnist) or the PATH of a folder of pictures, an .npz file or IDX files of your
    own, read it whole, as training would, and say what is in it. docs/data.md says how these must be laid out.
    """
    from bnn_designer.cli.tables.data import contents_data, print_contents, print_sets, sets_data
    from bnn_designer.errors import BnnDesignerError
    from bnn_designer.training.data import data_name, load

    if data is not None:
        found = load(data_name(data), download=download)
        if as_json:
            click.echo(json.dumps(contents_data(found), indent=2))
        else:
            print_contents(found, console())
        return
    if download:
        raise BnnDesignerError("data: --download takes the name of a published set, such as mnist.")
    if as_json:
        click.echo(json.dumps(sets_data(), indent=2))
    else:
        print_sets(console())


COMMANDS: tuple[click.Command, ...] = (data,)
