"""``bnn-designer class``: the classes of this server, and the end of one."""

from __future__ import annotations

import json

import click

from bnn_designer.cli.terminal import console, open_store, say
from bnn_designer.units import counted, time_text


@click.group(name="class")
def class_() -> None:
    """List or delete the classes that teachers made on the Learn page. See docs/teaching.md."""


@class_.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_classes(as_json: bool) -> None:
    """Print all classes, the newest first. Their secret links are not kept, so none can be printed."""
    from bnn_designer.runs.classes import Classes

    found = Classes(open_store().engine).all()
    if as_json:
        data = [
            {
                "class": one.id,
                "name": one.name,
                "code": one.code,
                "members": one.members,
                "created_at": one.created_at.isoformat(),
                "ended_at": one.ended_at.isoformat() if one.ended_at else None,
            }
            for one in found
        ]
        click.echo(json.dumps(data, indent=2))
        return
    if not found:
        say("No class was made here yet: a teacher makes one on the Learn page.")
    for one in found:
        ended = f", ended {time_text(one.ended_at)}" if one.ended_at else ""
        members = counted(one.members, "member")
        line = f"{one.id}  {one.code}  {time_text(one.created_at)}  {members:>10}  {one.name}{ended}"
        console().print(line, highlight=False, markup=False, soft_wrap=True)


@class_.command()
@click.argument("class_id", metavar="ID")
def delete(class_id: str) -> None:
    """Delete a class with its members and their progress, for good. Its runs stay, without the nicknames."""
    from bnn_designer.runs.classes import Classes

    classes = Classes(open_store().engine)
    record = classes.by_id(class_id)
    classes.delete(class_id)
    click.echo(f"{record.id}: the class {record.name!a} is deleted, with {counted(record.members, 'member')}.")


COMMANDS: tuple[click.Command, ...] = (class_,)
