"""From graphs back to designs: every preset's layers, and any network's."""

from __future__ import annotations

import pytest
from hypothesis import given

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import Graph, Layer, Tensor, lower, ops
from bnn_designer.graph.lifting import lift
from tests.strategies import networks


def same_layers(graph: Graph, again: Graph) -> bool:
    """Whether both have the same layers in the same connections, whichever of two parallel paths runs first."""
    return sorted(map(str, canonical(graph))) == sorted(map(str, canonical(again)))


def canonical(graph: Graph) -> list[int]:
    """A number for each layer made of its operation and those of all that it reads."""
    known: dict[str, int] = {graph.input.name: hash(graph.input.shape)}
    for layer in graph.layers:
        inputs = [known[name] for name in layer.inputs]
        known[layer.name] = hash((str(layer.op), tuple(sorted(inputs) if isinstance(layer.op, ops.Add) else inputs)))
    return list(known.values())


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_layers_come_back(name: str) -> None:
    graph = lower(preset(name))
    again = lower(lift(graph))
    assert same_layers(graph, again)
    assert again.output.shape == graph.output.shape


@given(networks())
def test_any_networks_layers_come_back(design: Design) -> None:
    graph = lower(design)
    try:
        lifted = lift(graph)
    except DesignError as error:
        pytest.fail(str(error))
    assert same_layers(graph, lower(lifted))


def test_blocks_take_what_stands_behind_their_layers() -> None:
    """Six convolutions with their norms, two pools with theirs, and the head, under the ids they had."""
    design = lift(lower(preset("binarynet")))
    assert [block.id for block in design.blocks] == [block.id for block in preset("binarynet").blocks]
    assert design.blocks[:4] == preset("binarynet").blocks[:4]


def test_shortcuts_come_back_as_shortcuts() -> None:
    body = (b.BinaryConv(filters=8, strides=(2, 2), batch_norm=b.BatchNormOptions()),)
    design = Design(
        input_shape=(8, 8, 4),
        blocks=(
            b.Shortcut(body=body, on_shape_change="average_pool_pointwise"),
            b.Shortcut(body=(b.BinaryConv(filters=8),), merge="concatenate"),
            b.ChannelScaling(body=(b.BinaryConv(filters=16, activation="rprelu"),), reduction=4),
            b.GlobalPool(),
            b.Head(),
        ),
    )
    lifted = lift(lower(design))
    assert [block.kind for block in lifted.blocks] == [block.kind for block in design.blocks]
    assert lifted.blocks[0].on_shape_change == "average_pool_pointwise"
    assert lifted.blocks[1].merge == "concatenate"
    assert (lifted.blocks[2].reduction, lifted.blocks[2].body[0].activation) == (4, "rprelu")


def layer(name: str, op: ops.Op, *inputs: str) -> Layer:
    return Layer(name, op, inputs, Tensor(name, (4, 4, 2)), path=f"at_{name}", block_id=name)


def test_crossing_paths_are_refused() -> None:
    """a and b are both read by c and by d: no blocks inside each other have such connections."""
    relu, add = ops.Activation("relu"), ops.Add()
    layers = (
        *(layer("a", relu, "input"), layer("b", ops.Activation("sigmoid"), "input")),
        *(layer("c", add, "a", "b"), layer("d", ops.Concatenate(), "a", "b"), layer("e", add, "c", "d")),
    )
    with pytest.raises(DesignError, match=r"at_[ab]: its output is read on two of the paths that at_e merges"):
        lift(Graph("crossing", Tensor("input", (4, 4, 2)), layers, classes=2))


def test_a_layer_that_no_block_makes_is_named() -> None:
    with pytest.raises(DesignError, match="at_pad: there is no block that is a PadChannels by itself"):
        lift(Graph("pad", Tensor("input", (4, 4, 2)), (layer("pad", ops.PadChannels(2), "input"),), classes=2))
