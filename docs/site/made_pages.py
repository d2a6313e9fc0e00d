"""What the site has beyond the files: the navigation; commands, words and public names from the program itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module

import click

from bnn_designer.cli.main import main
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.ui.shared.glossary import WORDS, Word

#: What docs/api.md lists: the six names, and what they give, take and raise.
INTERFACE = {
    "bnn_designer.api": ("Network", "cost", "build_model", "pack", "train", "export", "Trained"),
    "bnn_designer.cost": ("CostReport", "DeployOptions"),
    "bnn_designer.design": ("Design",),
    "bnn_designer.packing": ("save", "load"),
    "bnn_designer.inference": ("Engine",),
    "bnn_designer.errors": ("BnnDesignerError", "BrokenRule", "DesignError"),
}


def navigation(index: str) -> str:
    """Tables of contents, hidden on the page and shown beside it: one of the links below each second heading."""
    found = []
    for part in index.split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        links = dict.fromkeys(re.findall(r"\]\(([^)#:]+)\.md\)", text))
        entries = "\n".join(link[2:] if link.startswith("../") else f"/docs/{link}" for link in links)
        found.append(f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{entries}\n```\n")
    return "".join(found)


def walk_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something by itself, by what one types: ``runs show``."""
    waiting: list[tuple[str, click.Command]] = [*main.commands.items()]
    while waiting:
        path, command = waiting.pop(0)
        inner = command.commands.items() if isinstance(command, click.Group) else ()
        if not inner or (isinstance(command, click.Group) and command.invoke_without_command):
            yield path, command
        waiting[:0] = [(f"{path} {name}", one) for name, one in inner]


def commands() -> str:
    """A heading for each command, and its help."""
    return "".join(f"\n## {path}\n\n```text\n{_help(path, command)}\n```\n" for path, command in walk_commands())


def _help(path: str, command: click.Command) -> str:
    with click.Context(command, info_name=f"bnn-designer {path}", terminal_width=80) as context:
        return command.get_help(context)


def glossary() -> str:
    """A heading for each word of the app's glossary, with what it means, what follows and who says so."""
    return "".join(f"\n## {word.term}\n\n{_explained(word)}\n" for word in WORDS)


def _explained(word: Word) -> str:
    notes = [f"Also: {', '.join(word.also)}."] if word.also else []
    notes += [f"{word.source}."] if word.source else []
    small = f"\n\n*{' '.join(notes)}*" if notes else ""
    return f"{word.meaning}  \n{word.matters}{small}"


def interface() -> str:
    """Directives by which Sphinx writes the public names from their docstrings."""
    names = [(module, name) for module, names in INTERFACE.items() for name in names]
    return _directives(names, "\n   :members:\n   :exclude-members: model_config")


def layers() -> str:
    """The same for every name of ``bnn_designer.nn``, of classes without their methods, which are Keras'."""
    import_tensorflow_quietly()
    from bnn_designer import nn

    return _directives([("bnn_designer.nn", name) for name in nn.__all__], "")


def _directives(names: list[tuple[str, str]], of_a_class: str) -> str:
    found = []
    for module, name in names:
        is_class = isinstance(getattr(import_module(module), name), type)
        found.append(f".. auto{'class' if is_class else 'function'}:: {module}.{name}")
        found.append((of_a_class if is_class else "") + "\n")
    return "\n```{eval-rst}\n" + "".join(found) + "```\n"


#: What follows on a page, by the page.
MADE: dict[str, Callable[[], str]] = {
    "docs/api": interface,
    "docs/commands": commands,
    "docs/glossary": glossary,
    "docs/layers": layers,
}
