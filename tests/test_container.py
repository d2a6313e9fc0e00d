"""The container's files against what is there: what they copy, the settings they name, the command that they run."""

from __future__ import annotations

import re
from pathlib import Path

import bnn_designer
from bnn_designer.cli.app import app
from bnn_designer.cli.main import main
from bnn_designer.runs.rates import ACTIONS

ROOT = Path(__file__).parents[1]
DOCKERFILE, COMPOSE = (ROOT / "Dockerfile").read_text(), (ROOT / "compose.yaml").read_text()


def copied() -> list[str]:
    """The names on the left of each COPY."""
    return [name for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for name in line.split()[:-1]]


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == set(copied())
    assert all((ROOT / name).exists() for name in kept)


def test_each_setting_is_read_by_the_program() -> None:
    source = "\n".join(path.read_text() for path in Path(bnn_designer.__file__).parent.rglob("*.py"))
    settings = set(re.findall(r"\bBNN_[A-Z_]+", DOCKERFILE + COMPOSE))
    assert len(settings) == 2 + 9 + len(ACTIONS)
    assert {name for name in settings if f'"{name}"' not in source} == set()


def test_a_class_gets_the_rates_of_the_table() -> None:
    rates = dict(re.findall(r'(BNN_RATE_[A-Z]+): "(.+)"', COMPOSE))
    assert rates == {one.variable: f"{one.for_a_class.burst}, {one.for_a_class.per_minute}" for one in ACTIONS.values()}


def test_the_command_is_one() -> None:
    (command,) = re.findall(r"exec bnn-designer (\S+)", DOCKERFILE)
    assert main.commands[command] is app


def test_it_does_not_run_as_the_superuser() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.M)[-1] not in ("root", "0")
