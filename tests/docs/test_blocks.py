"""Every block of code in the documents is run, parsed or says why it is not."""

from __future__ import annotations

import ast
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import yaml

from bnn_designer import Network, build_model
from bnn_designer.cli.main import main
from bnn_designer.design import Design
from tests.docs.pages import PAGES, ROOT, Block, blocks, text_of

#: Pages whose programs another test runs, with what it holds them to.
RUN_ELSEWHERE = {"docs/moving-from-larq.md": "tests/larq/test_document.py"}
LANGUAGES = {"python", "sh", "json", "yaml", "toml", "text", ""}
PARSERS: dict[str, Callable[[str], Any]] = {"json": json.loads, "yaml": yaml.safe_load}
if sys.version_info >= (3, 11):
    import tomllib

    PARSERS["toml"] = tomllib.loads

BLOCKS = [block for page in PAGES for block in blocks(page)]
HERE = [block for block in BLOCKS if block.language == "python" and "a Python of its own" not in block.no_run]
TO_RUN = [block for block in BLOCKS if block.language == "python" and not block.no_run]


def test_each_is_in_a_language_that_is_looked_at() -> None:
    assert len(BLOCKS) > 40
    assert {block.language for block in BLOCKS} <= LANGUAGES
    assert all((ROOT / name).is_file() for name in RUN_ELSEWHERE.values())


@pytest.fixture(scope="session")
def given(small_design: Design) -> dict[str, dict[str, Any]]:
    """What the words around a page's blocks say that there is, by the page."""
    network = Network.of(small_design)
    model = build_model(network, seed=0)
    images = np.zeros((2, 32, 32, 3), np.float32)
    return {
        "docs/engine.md": {"network": network, "model": model, "path": Path("net.bnn"), "images": images},
        "docs/exporting.md": {"model": model, "images": images},
    }


@pytest.mark.parametrize("page", sorted({block.page for block in TO_RUN} - set(RUN_ELSEWHERE)))
def test_python_runs(
    page: str, given: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page in their order, in one namespace, in an empty folder that is the home, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    names: dict[str, Any] = {"__name__": page, **given.get(page, {})}
    for block in TO_RUN:
        if block.page == page:
            exec(compile("\n" * block.line + block.text, page, "exec"), names)  # the documents' own


@pytest.mark.parametrize("block", HERE, ids=lambda one: one.place)
def test_python_imports_what_there_is(block: Block) -> None:
    """In those that are not run, too; a Python of its own has what is not here."""
    statements = [node for node in ast.parse(block.text).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(ast.Module(statements, []), block.place, "exec"), {})


def test_data_is_well_formed() -> None:
    for block in BLOCKS:
        if block.language in PARSERS:
            assert PARSERS[block.language](block.text) is not None, block.place


def typed_commands(block: Block) -> Iterator[list[str]]:
    """The words of each call of ours in a block of the shell, without what stands before it."""
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):  # settings for one call
            words = words[1:]
        if "bnn-designer" in words:  # first, or behind what runs it, such as `docker compose exec app`
            yield words[words.index("bnn-designer") + 1 :]


def alternatives(words: list[str]) -> Iterator[list[str]]:
    """``bench cost|what-if`` is two calls, where the whole word is no file and no regular expression."""
    for position, word in enumerate(words):
        if re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word):
            for one in word.split("|"):
                yield from alternatives([*words[:position], one, *words[position + 1 :]])
            return
    yield words


def parse(words: list[str]) -> None:
    """Has click read a call as it would, down to the command, and runs nothing.

    Raises:
        click.ClickException: there is no such command, option, choice, or an argument is missing.
    """
    command: click.Command = main
    name = "bnn-designer"
    while True:
        context = command.make_context(name, list(words))
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not isinstance(command, click.Group) or not rest:
            return
        found, inner, words = command.resolve_command(context, rest)
        assert inner is not None
        name, command = f"{name} {found}", inner


SHELL = [(block, words) for block in BLOCKS if block.language == "sh" for words in typed_commands(block)]


@pytest.mark.parametrize("page", sorted({block.page for block, _ in SHELL}))
def test_commands_are_as_they_are_typed(page: str) -> None:
    wrong = []
    for block, words in SHELL:
        for call in alternatives(words) if block.page == page else ():
            try:
                parse(call)
            except click.exceptions.Exit:  # --help, --version
                pass
            except click.ClickException as error:
                wrong.append(f"{block.place}: bnn-designer {shlex.join(call)}: {error.format_message()}")
    assert not wrong, "\n".join(wrong)


def test_commands_in_the_text_have_their_options() -> None:
    """`bnn-designer export FILE --to c` in a sentence may leave things out; what it names must be there."""
    wrong, seen = [], 0
    for page in PAGES:
        for call in re.findall(r"`bnn-designer ([^`]+)`", text_of(page)):
            words = next(alternatives(call.replace("...", "").split()))
            command, seen = main, seen + 1
            while isinstance(command, click.Group) and words and words[0] in command.commands:
                command, words = command.commands[words[0]], words[1:]
            known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
            missing = {word.partition("=")[0] for word in words if word.startswith("-")} - known
            if missing or (command is main and words[:1] != ["COMMAND"]):
                wrong.append(f"{page}: bnn-designer {call}: {missing or words}")
    assert not wrong, "\n".join(wrong)
    assert seen > 50


@pytest.mark.parametrize(
    "call",
    ["cots net.json", "cost", "cost net.json --bugdet-ram 1KiB", "runs lits", "train net.json --epochs many", "store"],
)
def test_a_call_that_click_refuses_is_seen(call: str) -> None:
    with pytest.raises((click.ClickException, click.exceptions.Exit)):
        parse(call.split())


def test_make_has_the_goals_that_are_named() -> None:
    goals = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    lines = [line for block in BLOCKS if block.language == "sh" for line in block.text.splitlines()]
    calls = [line.split("#")[0].split() for line in lines]
    named = {word for words in calls if words[:1] == ["make"] for word in words[1:]}
    assert len(named) > 4
    assert named <= goals
