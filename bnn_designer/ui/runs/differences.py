"""The configurations of several runs beside each other: what differs field by field, and what is alike, said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bnn_designer.compare import FieldChange, diff, network_key
from bnn_designer.design import Design
from bnn_designer.runs.about import About
from bnn_designer.runs.known import UNREADABLE, of_recipe
from bnn_designer.runs.records import RunRecord
from bnn_designer.training.recipe_text import value_text
from bnn_designer.ui.shared.trained_runs import design_of
from bnn_designer.units import UNKNOWN

#: Settings of a recipe that say what was asked for, where what was done with it is said by its own name.
_ASKED = {"data": "data asked for", "engine": "engine asked for", "gradients": "gradients asked for"}
_FIRST, _AS_FIRST = "that of the first run", "as in the first run"


@dataclass(frozen=True)
class Difference:
    """A setting in which runs differ, with the text of each run, in their order."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class BlockChange:
    """A block of a run's design that is not as in the first run's.

    Attributes:
        path: where it stands in the run's design, or stood in the first one's.
        what: added, removed, changed, moved.
        fields: what was changed of it, such as "filters 32 → 64".
    """

    path: str
    what: str
    fields: str


@dataclass(frozen=True)
class Configurations:
    """Several runs beside each other.

    Attributes:
        differing: the settings in which they differ.
        alike: names and texts of those that all have.
        blocks: of each run after the first, by its id, what of its network is not as in the first run's; none where it
            is the same network, or one of both cannot be read.
    """

    differing: tuple[Difference, ...]
    alike: tuple[tuple[str, str], ...]
    blocks: Mapping[str, tuple[BlockChange, ...]]


def configurations(runs: Sequence[RunRecord], facts: Mapping[str, About]) -> Configurations:
    """What the runs, at least one, have alike and what not.

    Args:
        runs: the first one is what the others' designs are compared with.
        facts: what each is of, by its id.
    """
    designs = [design_of(run.design_json) for run in runs]
    first = designs[0]
    blocks = {
        run.id: _changes(first, design)
        for run, design in zip(runs[1:], designs[1:], strict=True)
        if first is not None and design is not None and network_key(design) != network_key(first)
    }
    settings = [
        _settings(run, facts[run.id], _network_text(design, first, index == 0, len(blocks.get(run.id, ()))))
        for index, (run, design) in enumerate(zip(runs, designs, strict=True))
    ]
    names = dict.fromkeys(name for one in settings for name in one)
    texts = {name: tuple(one.get(name, UNKNOWN) for one in settings) for name in names}
    return Configurations(
        tuple(Difference(name, each) for name, each in texts.items() if not _same(each)),
        tuple((name, _alike_text(each)) for name, each in texts.items() if _same(each)),
        blocks,
    )


def _same(texts: Sequence[str]) -> bool:
    return len(set(texts)) == 1 or set(texts) == {_FIRST, _AS_FIRST}


def _alike_text(texts: Sequence[str]) -> str:
    return "the same in all" if texts[0] == _FIRST else texts[0]


def _network_text(design: Design | None, first: Design | None, is_first: bool, count: int) -> str:
    if design is None:
        return "unreadable design"
    if is_first:
        return _FIRST
    if first is None:
        return "not compared: the first run's cannot be read"
    return f"{count} {'difference' if count == 1 else 'differences'}, see below" if count else _AS_FIRST


def _settings(run: RunRecord, facts: About, network: str) -> dict[str, str]:
    """Design, circumstances and recipe as texts. An unreadable recipe is said to be so, and hides nothing else."""
    settings = {"design": run.name, "network": network} | dict(facts.items())
    recipe = of_recipe(run).recipe
    if recipe is None:
        return settings | {"recipe": UNREADABLE}
    for name, value in recipe:
        if name != "seed":  # is among the facts
            text = "all" if value is None and name in ("subset", "validation_subset") else value_text(value)
            settings[_ASKED.get(name, name.replace("_", " "))] = text
    return settings


def _changes(first: Design, other: Design) -> tuple[BlockChange, ...]:
    found = diff(first, other)
    of_design = [change for change in found.design_changes if change.field != "name"]
    whole = [BlockChange("the whole design", "changed", _fields(of_design))] if of_design else []
    return (
        *whole,
        *(
            BlockChange(block.path_after or block.path_before or "", ", ".join(block.states), _fields(block.changes))
            for block in found.blocks
            if block.states
        ),
    )


def _fields(changes: Sequence[FieldChange]) -> str:
    return ", ".join(
        f"{one.field.replace('_', ' ')} {value_text(one.before)} → {value_text(one.after)}" for one in changes
    )
