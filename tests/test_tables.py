"""Every operation and every kind of block stands in the table of everyone who works with them.

What a consumer leaves out on purpose is stated here with its reason; a row that no longer exists is found as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import Phase, given, settings

from bnn_designer import bench
from bnn_designer.cost import larq, training_memory
from bnn_designer.design import BLOCK_KINDS, Block, walk
from bnn_designer.design.blocks import Container
from bnn_designer.design.edits import WrapInShortcut
from bnn_designer.graph import lowering, ops, shapes
from bnn_designer.graph.passes import rules
from bnn_designer.nn import model
from tests.strategies import blocks


def kinds_of(base: type) -> set[type]:
    """All kinds that are used by themselves: those that no other is a kind of."""
    inner = base.__subclasses__()
    return set().union(*(kinds_of(kind) for kind in inner)) if inner else {base}


OPERATIONS = kinds_of(ops.Op)

TABLES: dict[str, Iterable[type[ops.Op]]] = {
    "shapes": shapes.SHAPES,
    "Larq's counts": larq.COUNTERS,
    "weights in training": training_memory.WEIGHTS,
    "tensors kept in training": training_memory.NEEDS,
    "deployed program": rules.RULES,
    "Keras layers": model.BUILDERS,
}


#: Where the advisor's rules stop on their way from layer to layer.
STOPS = {ops.Conv2D, ops.DepthwiseConv2D, ops.Dense, ops.BatchNorm, ops.Softmax}


def names(kinds: Iterable[type]) -> list[str]:
    return sorted(kind.__name__ for kind in kinds)


@pytest.mark.parametrize("consumer", TABLES)
def test_every_operation_stands_in_every_consumer_s_table(consumer: str) -> None:
    assert names(TABLES[consumer]) == names(OPERATIONS)


def test_the_advisor_passes_every_operation_or_stops_there() -> None:
    assert names((*ops.PASS_ON, *STOPS)) == names(OPERATIONS)


def test_lce_s_converter_is_given_every_operation() -> None:
    # The script runs where LCE is, so its table is read and not imported.
    script = Path(bench.__file__).parent / "peer_scripts" / "lce_convert.py"
    (table,) = (
        node.value
        for node in ast.parse(script.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LAYERS"
    )
    assert isinstance(table, ast.Dict)
    assert sorted(ast.literal_eval(key) for key in table.keys if key) == names(OPERATIONS)


def test_every_kind_of_block_has_a_lowering() -> None:
    assert names(lowering.LOWERINGS) == names(BLOCK_KINDS.values())


def test_every_kind_that_holds_blocks_can_be_put_around_some() -> None:
    holders = {kind for kind, block_type in BLOCK_KINDS.items() if issubclass(block_type, Container)}
    assert set(get_args(WrapInShortcut.model_fields["kind"].annotation)) == holders


def test_the_laws_are_tried_on_every_kind_of_block() -> None:
    seen: set[str] = set()

    @settings(max_examples=300, phases=[Phase.generate], database=None)
    @given(blocks)
    def look(block: Block) -> None:
        seen.update(inner.kind for _, inner in walk((block,)))

    look()
    assert seen == set(BLOCK_KINDS)
